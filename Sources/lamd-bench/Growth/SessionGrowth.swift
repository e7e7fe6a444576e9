import Foundation

/// What it costs that many sessions are open.
struct SessionGrowth {
    private static let sizes = [1, 10, 100, 1_000, 10_000, 100_000]
    /// Memory is told by pages: fewer sessions take too few of them.
    private static let leastInMemory = 1_000
    /// What each round does in each daemon.
    private static let (steps, creations) = (2_560, 128)
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        let crowds = try Self.sizes.map { try SessionCrowd(settings, count: $0) }
        defer { for crowd in crowds { crowd.server.stop() } }
        let busy = try costs(crowds, of: Self.steps) { crowd, _ in
            try crowd.step(Array(repeating: crowd.ids[0], count: Self.steps))
        }
        let turns = try costs(crowds, of: Self.steps) { crowd, round in
            try crowd.step((0..<Self.steps).map { crowd.ids[(round * Self.steps + $0) % crowd.ids.count] })
        }
        let creation = try costs(crowds, of: Self.creations) { crowd, _ in
            try crowd.close(try crowd.create(Self.creations))
        }
        let rest = settings.medians(settings.runs) { _ in ServerProcess.costAtRest(crowds.map(\.server)) }
        let large = crowds.filter { $0.ids.count >= Self.leastInMemory }
        return [
            series("step of one session", in: "CPU µs", busy),
            series(
                "step of all in turn", in: "CPU µs", turns,
                reason: "a session that was not stepped lately lies in no cache"),
            series("creation and closing", in: "CPU µs", creation),
            series(
                "the daemon at rest", in: "CPU ms/s", rest,
                reason: "threads look round every second, which costs what the machine is at just then"),
            Series(
                "sessions", "memory of a session", in: "bytes", growth: "linear", sizes: large.map(\.ids.count),
                costs: large.map(\.memory)),
        ]
    }

    private func series(_ figure: String, in unit: String, _ costs: [Double], reason: String? = nil) -> Series {
        Series(
            "sessions", figure, in: unit, growth: "constant", reason: reason, sizes: Self.sizes, costs: costs)
    }

    private func costs(
        _ crowds: [SessionCrowd], of count: Int, _ work: (SessionCrowd, _ round: Int) throws -> Void
    ) throws -> [Double] {
        try settings.medians(settings.rounds) { round in
            try crowds.map { crowd in try crowd.server.cpuMicroseconds(each: count) { try work(crowd, round) } }
        }
    }
}
