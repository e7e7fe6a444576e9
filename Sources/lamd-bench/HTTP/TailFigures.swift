import Foundation

/// How long an `act` waits at worst while the same daemon trains another agent.
struct TailFigures {
    private static let connections = [1, 64]
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func table() throws -> FigureTable {
        let lamd = try ServerProcess.lamd(settings.lamd, core: nil)
        defer { lamd.stop() }
        let act = try ActRequest(lamd.client)
        let learner = try lamd.client.make("agent_id", "/v1/agents/", #"{"env_id":"Acrobot-v1","seed":1}"#)
        var table = FigureTable(
            "http-act-training", title: "HTTP act: beside a training in the same daemon",
            note: """
                As many threads as cores cannot all run: the daemon's network thread and its training, on any core, and wrk, on \
                one. In turn without and with, medians of \(settings.runs) runs of \(settings.seconds) s.
                """,
            columns: [
                .init(title: "connections", digits: 0), .init(title: "p50 µs", digits: 0),
                .init(title: "training", digits: 0), .init(title: "p99 µs", digits: 0),
                .init(title: "training", digits: 0), .init(title: "ratio", digits: 2),
            ])
        for connections in Self.connections {
            let pairs = try (0..<settings.runs).map { _ in
                let alone = try load(lamd.client, act, connections)
                let job = try lamd.client.make(
                    "job_id", "/v1/agents/\(learner)/train/",
                    #"{"env_id":"Acrobot-v1","steps":10000000}"#)
                defer { _ = try? lamd.client.send("DELETE", "/v1/jobs/\(job)") }
                return (alone, try load(lamd.client, act, connections))
            }
            let figures: [Double] = [
                pairs.map(\.0.median).median, pairs.map(\.1.median).median, pairs.map(\.0.percentile99).median,
                pairs.map(\.1.percentile99).median, pairs.map { $1.percentile99 / $0.percentile99 }.median,
            ]
            table.add(([Double(connections)] + figures).map { .number($0) })
        }
        return table
    }

    private func load(_ client: LoopbackClient, _ act: ActRequest, _ connections: Int) throws -> Wrk.Result {
        try Wrk(core: settings.loadCore).load(
            port: client.port, paths: [act.path], body: act.body, connections: connections, seconds: settings.seconds)
    }
}
