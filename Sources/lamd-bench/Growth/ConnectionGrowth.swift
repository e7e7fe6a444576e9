import Foundation

/// What it costs that many connections are open and rest.
struct ConnectionGrowth {
    private static let sizes = [1, 10, 100, 1_000, 10_000]
    /// Memory is told by pages: fewer connections take too few of them.
    private static let leastInMemory = 100
    private static let group = 64
    private static let groups = 200
    private static let openings = 400
    private static let rest = 2.0
    private let settings: Settings

    /// What one size cost in one run, in the order of the series.
    private typealias Run = (busy: Double, opening: Double, rest: Double)

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        Descriptors.raiseLimit()
        let crowds = try Self.sizes.map { try ConnectionCrowd(settings, count: $0) }
        defer { for crowd in crowds { crowd.server.stop() } }
        var runs: [[Run]] = []
        // The first warms up.
        for run in -1..<settings.runs {
            let found = try measure(crowds)
            if run >= 0 { runs.append(found) }
        }
        func costs(_ figure: (Run) -> Double) -> [Double] {
            crowds.indices.map { place in runs.map { figure($0[place]) }.median }
        }
        return [
            Series(
                "connections", "request on one of them", in: "CPU µs", growth: "constant", sizes: Self.sizes,
                costs: costs(\.busy)),
            Series(
                "connections", "opening, a request, closing", in: "CPU µs", growth: "constant", sizes: Self.sizes,
                costs: costs(\.opening)),
            Series(
                "connections", "the daemon at rest", in: "CPU ms/s", growth: "constant",
                reason: "every second it looks whether a connection's time is over, at each of them", sizes: Self.sizes,
                costs: costs(\.rest)),
            memory(crowds),
        ]
    }

    private func memory(_ crowds: [ConnectionCrowd]) -> Series {
        let large = crowds.filter { $0.connections.count >= Self.leastInMemory }
        return Series(
            "connections", "memory of a connection", in: "bytes", growth: "linear",
            sizes: large.map(\.connections.count), costs: large.map(\.memory))
    }

    private func measure(_ crowds: [ConnectionCrowd]) throws -> [Run] {
        let question = KeptConnection.request("GET", "/livez")
        let group = Array(repeatElement(question, count: Self.group).joined())
        let active = try crowds.map { crowd in
            try crowd.ask()
            return (
                try crowd.server.cpuMicroseconds(each: Self.groups * Self.group) {
                    for _ in 0..<Self.groups { try crowd.connections[0].exchange(group, replies: Self.group) }
                },
                try crowd.server.cpuMicroseconds(each: Self.openings) {
                    for _ in 0..<Self.openings { _ = try crowd.open() }
                }
            )
        }
        let before = crowds.map(\.server.cpuSeconds)
        Thread.sleep(forTimeInterval: Self.rest)
        return zip(active, zip(crowds, before)).map { active, resting in
            (active.0, active.1, (resting.0.server.cpuSeconds - resting.1) / Self.rest * 1e3)
        }
    }
}
