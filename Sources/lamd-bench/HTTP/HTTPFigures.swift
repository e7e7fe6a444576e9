import Foundation

/// Requests a second and CPU time per request of `step` and `act`, beside the minimal server in C, which answers the same
/// bytes to the same requests.
struct HTTPFigures {
    private static let connections = [1, 8, 64]
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// One kind of request.
    private struct Operation {
        let name: String
        let paths: [String]
        let body: String
        /// What it was answered.
        let reply: String
    }

    /// One measurement of one server.
    private struct Sample {
        let load: Wrk.Result
        let cpuMicroseconds: Double
    }

    func tables() throws -> [FigureTable] {
        let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore)
        defer { lamd.stop() }
        let operations = try [step(lamd.client), act(lamd.client)]
        return try operations.flatMap { try [table($0, lamd), costs($0, lamd)] } + [TailFigures(settings).table()]
    }

    /// One session for each connection, so that as many episodes go on at once.
    private func step(_ client: LoopbackClient) throws -> Operation {
        var paths: [String] = []
        for seed in 0..<(Self.connections.max() ?? 1) {
            let body = #"{"env_id":"CartPole-v1","autoreset_mode":"next_step","seed":\#(seed)}"#
            let id = try client.make("instance_id", "/v1/envs/", body)
            try client.send("POST", "/v1/envs/\(id)/reset/", "{}")
            paths.append("/v1/envs/\(id)/step/")
        }
        let body = #"{"action":1}"#
        return Operation(name: "step", paths: paths, body: body, reply: try client.send("POST", paths[0], body))
    }

    private func act(_ client: LoopbackClient) throws -> Operation {
        let act = try ActRequest(client)
        return Operation(
            name: "act", paths: [act.path], body: act.body, reply: try client.send("POST", act.path, act.body))
    }

    private func table(_ operation: Operation, _ lamd: ServerProcess) throws -> FigureTable {
        let limit = try ServerProcess.limit(settings.limit, reply: operation.reply, core: settings.serverCore)
        defer { limit.stop() }
        var table = FigureTable(
            "http-\(operation.name)",
            title: "HTTP \(operation.name): lamd beside a minimal server in C on libmicrohttpd",
            note: """
                CartPole-v1, one network thread each, server and wrk on a core each, in turn (A B A B), medians of \
                \(settings.runs) runs of \(settings.seconds) s; ratios are lamd / C, medians of pairs. The C server \
                answers the same bytes and does nothing else.
                """,
            columns: [
                .init(title: "connections", digits: 0), .init(title: "lamd req/s", digits: 0),
                .init(title: "C req/s", digits: 0), .init(title: "ratio", digits: 2),
                .init(title: "lamd p50 µs", digits: 0), .init(title: "C p50 µs", digits: 0),
                .init(title: "lamd p99 µs", digits: 0), .init(title: "C p99 µs", digits: 0),
                .init(title: "ratio", digits: 2),
                .init(title: "lamd CPU µs/req", digits: 2), .init(title: "C CPU µs/req", digits: 2),
                .init(title: "ratio", digits: 2),
            ])
        for connections in Self.connections {
            var pairs: [(lamd: Sample, limit: Sample)] = []
            for run in -1..<settings.runs {
                let pair = (
                    lamd: try sample(lamd, operation, connections), limit: try sample(limit, operation, connections)
                )
                // The first pair warms up.
                if run >= 0 { pairs.append(pair) }
            }
            table.add(row(connections, pairs))
        }
        return table
    }

    private func row(_ connections: Int, _ pairs: [(lamd: Sample, limit: Sample)]) -> [FigureTable.Cell] {
        let latencies = medians(pairs, \.load.median).dropLast() + medians(pairs, \.load.percentile99)
        return cells(connections, medians(pairs, \.load.rate) + latencies + medians(pairs, \.cpuMicroseconds))
    }

    /// The medians of a figure of lamd, of that of the limit, and of the one over the other.
    private func medians<T>(_ pairs: [(lamd: T, limit: T)], _ figure: (T) -> Double) -> [Double] {
        [
            pairs.map { figure($0.lamd) }.median, pairs.map { figure($0.limit) }.median,
            pairs.map { figure($0.lamd) / figure($0.limit) }.median,
        ]
    }

    private func cells(_ connections: Int, _ figures: [Double]) -> [FigureTable.Cell] {
        ([Double(connections)] + figures).map { .number($0) }
    }

    /// CPU time per request, where nobody has to be woken for a reply.
    private func costs(_ operation: Operation, _ lamd: ServerProcess) throws -> FigureTable {
        let limit = try ServerProcess.limit(settings.limit, reply: operation.reply, core: settings.serverCore)
        defer { limit.stop() }
        var table = FigureTable(
            "http-\(operation.name)-cost",
            title: "HTTP \(operation.name): the server's CPU time per request under a load that never sleeps",
            note: """
                As above, but the client looks for replies without ever sleeping. wrk sleeps when a server is slower than it is; \
                to wake it then takes the server's time, and the slower server's more often. Medians of pairs.
                """,
            columns: [
                .init(title: "connections", digits: 0), .init(title: "lamd req/s", digits: 0),
                .init(title: "C req/s", digits: 0), .init(title: "ratio", digits: 2),
                .init(title: "lamd CPU µs/req", digits: 2), .init(title: "C CPU µs/req", digits: 2),
                .init(title: "ratio", digits: 2),
            ])
        for connections in Self.connections {
            let pairs = try (0..<settings.runs * 3).map { _ in
                (lamd: try busy(lamd, operation, connections), limit: try busy(limit, operation, connections))
            }
            table.add(cells(connections, medians(pairs, \.rate) + medians(pairs, \.cpuMicroseconds)))
        }
        return table
    }

    private struct Cost {
        let rate: Double
        let cpuMicroseconds: Double
    }

    private func busy(_ server: ServerProcess, _ operation: Operation, _ connections: Int) throws -> Cost {
        let load = try BusyLoad(
            port: server.client.port, paths: operation.paths, body: operation.body, connections: connections)
        let (before, start) = (server.cpuSeconds, ContinuousClock.now)
        let requests = Double(try load.run(core: settings.loadCore, for: .milliseconds(300)))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return Cost(rate: requests / seconds, cpuMicroseconds: (server.cpuSeconds - before) / requests * 1e6)
    }

    private func sample(_ server: ServerProcess, _ operation: Operation, _ connections: Int) throws -> Sample {
        let before = server.cpuSeconds
        let load = try Wrk(core: settings.loadCore).load(
            port: server.client.port, paths: Array(operation.paths.prefix(connections)), body: operation.body,
            connections: connections, seconds: settings.seconds)
        return Sample(load: load, cpuMicroseconds: (server.cpuSeconds - before) / load.requests * 1e6)
    }
}
