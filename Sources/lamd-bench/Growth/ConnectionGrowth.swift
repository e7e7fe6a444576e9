/// What it costs that many connections are open and rest.
struct ConnectionGrowth {
    private static let sizes = [1, 10, 100, 1_000, 10_000]
    /// Memory is told by pages: fewer connections take too few of them.
    private static let leastInMemory = 1_000
    /// What each round does at each daemon: groups of so many requests, and openings.
    private static let (groups, group, openings) = (40, 64, 80)
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        Descriptors.raiseLimit()
        let crowds = try Self.sizes.map { try ConnectionCrowd(settings, count: $0) }
        defer { for crowd in crowds { crowd.server.stop() } }
        let group = Array(repeatElement(ConnectionCrowd.question, count: Self.group).joined())
        let busy = try costs(crowds, of: Self.groups * Self.group) { crowd in
            for _ in 0..<Self.groups { try crowd.connections[0].exchange(group, replies: Self.group) }
        }
        let opening = try costs(crowds, of: Self.openings) { crowd in
            for _ in 0..<Self.openings { _ = try crowd.open() }
        }
        let rest = try settings.medians(settings.runs) { _ in
            for crowd in crowds { try crowd.ask() }
            return ServerProcess.costAtRest(crowds.map(\.server))
        }
        let large = crowds.filter { $0.connections.count >= Self.leastInMemory }
        return [
            series("request on one of them", in: "CPU µs", busy),
            series("opening, a request, closing", in: "CPU µs", opening),
            series(
                "the daemon at rest", in: "CPU ms/s", rest,
                reason: "every second it looks whether a connection's time is over, at each of them"),
            Series(
                "connections", "memory of a connection", in: "bytes", growth: "linear",
                sizes: large.map(\.connections.count), costs: large.map(\.memory)),
        ]
    }

    private func series(_ figure: String, in unit: String, _ costs: [Double], reason: String? = nil) -> Series {
        Series(
            "connections", figure, in: unit, growth: "constant", reason: reason, sizes: Self.sizes, costs: costs)
    }

    private func costs(
        _ crowds: [ConnectionCrowd], of count: Int, _ work: (ConnectionCrowd) throws -> Void
    ) throws -> [Double] {
        for crowd in crowds { try crowd.ask() }
        return try settings.medians(settings.rounds) { _ in
            try crowds.map { crowd in try crowd.server.cpuMicroseconds(each: count) { try work(crowd) } }
        }
    }
}
