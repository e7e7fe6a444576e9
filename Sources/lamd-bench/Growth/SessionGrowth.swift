import Foundation

/// What it costs that many sessions are open.
struct SessionGrowth {
    private static let sizes = [1, 10, 100, 1_000, 10_000, 100_000]
    /// Memory is told by pages: fewer sessions take too few of them.
    private static let leastInMemory = 1_000
    private static let steps = 12_800
    private static let creations = 640
    private static let rest = 2.0
    private let settings: Settings

    /// What one size cost in one run, in the order of the series.
    private typealias Run = (busy: Double, turns: Double, creation: Double, rest: Double)

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        let crowds = try Self.sizes.map { try SessionCrowd(settings, count: $0) }
        defer { for crowd in crowds { crowd.server.stop() } }
        var runs: [[Run]] = []
        // The first warms up.
        for run in -1..<settings.runs {
            let found = try measure(crowds, run: run)
            if run >= 0 { runs.append(found) }
        }
        func costs(_ figure: (Run) -> Double) -> [Double] {
            crowds.indices.map { place in runs.map { figure($0[place]) }.median }
        }
        return [
            Series(
                "sessions", "step of one session", in: "CPU µs", growth: "constant", sizes: Self.sizes,
                costs: costs(\.busy)),
            Series(
                "sessions", "step of all in turn", in: "CPU µs", growth: "constant",
                reason: "a session that was not stepped lately lies in no cache", sizes: Self.sizes,
                costs: costs(\.turns)),
            Series(
                "sessions", "creation and closing", in: "CPU µs", growth: "constant", sizes: Self.sizes,
                costs: costs(\.creation)),
            Series(
                "sessions", "the daemon at rest", in: "CPU ms/s", growth: "constant",
                sizes: Self.sizes, costs: costs(\.rest)),
            memory(crowds),
        ]
    }

    private func memory(_ crowds: [SessionCrowd]) -> Series {
        let large = crowds.filter { $0.ids.count >= Self.leastInMemory }
        return Series(
            "sessions", "memory of a session", in: "bytes", growth: "linear", sizes: large.map(\.ids.count),
            costs: large.map(\.memory))
    }

    private func measure(_ crowds: [SessionCrowd], run: Int) throws -> [Run] {
        let active = try crowds.map { crowd in
            let turns = (0..<Self.steps).map { crowd.ids[((run + 1) * Self.steps + $0) % crowd.ids.count] }
            let busy = try crowd.server.cpuMicroseconds(each: Self.steps) {
                try crowd.step(Array(repeating: crowd.ids[0], count: Self.steps))
            }
            return (
                busy, try crowd.server.cpuMicroseconds(each: Self.steps) { try crowd.step(turns) },
                try crowd.server.cpuMicroseconds(each: Self.creations) {
                    try crowd.close(try crowd.create(Self.creations))
                }
            )
        }
        let before = crowds.map(\.server.cpuSeconds)
        Thread.sleep(forTimeInterval: Self.rest)
        return zip(active, zip(crowds, before)).map { active, resting in
            (active.0, active.1, active.2, (resting.0.server.cpuSeconds - resting.1) / Self.rest * 1e3)
        }
    }
}
