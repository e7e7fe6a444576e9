import CKernels
import Foundation

/// What it takes to act among very many actions: time over HTTP, and memory.
struct ActingFigures {
    private static let sizes = [10_000, 1_000_000]
    private static let dimension = 32
    private static let worlds = [
        World(id: "DiscretizedPendulum-v0", size: "n", features: 1, observation: [0.54, 0.84, -1.5]),
        World(
            id: "Recommender-v0", size: "items", features: 9,
            observation: (0..<19).map { Double(($0 * 7) % 11) / 11 }),
    ]
    private let settings: Settings

    /// A world with as many actions as one asks for.
    private struct World {
        let id: String
        /// The argument that says how many.
        let size: String
        /// Numbers that are known of each.
        let features: Int
        let observation: [Double]

        var question: String { #"{"observation":\#(observation)}"# }
        var ranking: String { #"{"observation":\#(observation),"top_k":10}"# }
    }

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var (time, memory) = (Self.timeTable(settings), Self.memoryTable())
        try addFew(to: &time)
        for world in Self.worlds {
            for size in Self.sizes { try addMany(world, size, to: &time, &memory) }
        }
        return [time, memory]
    }

    /// Two actions, each scored by itself.
    private func addFew(to table: inout FigureTable) throws {
        let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore)
        defer { lamd.stop() }
        let agent = try Agent(lamd.client, #"{"env_id":"CartPole-v1","seed":1}"#)
        let load = try settings.medianLoad(lamd, agent.act, #"{"observation":[0.02,0.18,0.03,-0.26]}"#)
        table.add([
            .text("CartPole-v1"), .text("all scored"), .number(2), .none, .number(load.median),
            .number(load.percentile99), .none, .none,
        ])
    }

    private func addMany(
        _ world: World, _ size: Int, to time: inout FigureTable, _ memory: inout FigureTable
    ) throws {
        let state = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: state) }
        let id: String
        do {
            let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore, state: state)
            defer { lamd.stop() }
            let body = #"{"env_id":"\#(world.id)","kwargs":{"\#(world.size)":\#(size)},"seed":1}"#
            id = try Agent(lamd.client, body).id
        }
        let atRest = try restingBytes()
        // Anew, so that nothing but serving has left its traces.
        let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore, state: state)
        defer { lamd.stop() }
        let agent = Agent(id: id, client: lamd.client)
        try lamd.client.send("POST", agent.act, world.question)
        let serving = (lamd.memory("VmRSS") ?? 0) - atRest

        let reading = TableReading(numbers: size * Self.dimension)
        var reads: [Double] = []
        let exact = try settings.medianLoad(lamd, agent.act, world.question) { reads.append(reading.microseconds()) }
        time.add([
            .text(world.id), .text("exact"), .number(Double(size)), .number(reads.median), .number(exact.median),
            .number(exact.percentile99), .number(exact.median / reads.median), .none,
        ])
        let index = try agent.index()
        for (name, body) in [("index", world.question), ("index, top 10", world.ranking)] {
            // Where it finds too little, exact search answers in its place.
            let load = index.isReady ? try settings.medianLoad(lamd, agent.act, body) : nil
            time.add([
                .text(world.id), .text(index.isReady ? name : name + ", not used"), .number(Double(size)), .none,
                .init(load?.median), .init(load?.percentile99), .none, .number(index.recall),
            ])
        }
        let least = Double(4 * size * (Self.dimension + world.features))
        let indexed = (lamd.memory("VmRSS") ?? 0) - atRest - serving
        memory.add([
            .text(world.id), .number(Double(size)), .number(least / 1e6), .number(serving / 1e6),
            .number(serving / least),
            .init(index.isReady ? index.bytes / 1e6 : nil), .init(index.isReady ? indexed / 1e6 : nil),
            .number(index.seconds),
        ])
    }

    /// What the daemon takes that serves nobody.
    private func restingBytes() throws -> Double {
        let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore)
        defer { lamd.stop() }
        return lamd.memory("VmRSS") ?? 0
    }

    private static func timeTable(_ settings: Settings) -> FigureTable {
        FigureTable(
            "acting", title: "Acting among many actions, over HTTP",
            note: """
                Fresh policies, \(dimension) numbers a key, made from one feature of each action in DiscretizedPendulum-v0, nine in \
                Recommender-v0. One network thread on one core, one connection, wrk on the other; medians of \(settings.runs) runs \
                of \(settings.seconds) s. Read: one pass over a table of the size of the keys that only adds its squares, in turn \
                with the runs. Recall: of the ten best, as the API reports it; 0.95 was asked for.
                """,
            columns: [
                .init(title: "world"), .init(title: "how"), .init(title: "actions", digits: 0),
                .init(title: "read µs", digits: 0),
                .init(title: "p50 µs", digits: 0), .init(title: "p99 µs", digits: 0),
                .init(title: "p50 / read", digits: 2), .init(title: "recall@10", digits: 3),
            ])
    }

    private static func memoryTable() -> FigureTable {
        FigureTable(
            "serving", title: "Memory of a policy over many actions",
            note: """
                Least: the keys and the features themselves. Serving: what the daemon takes more than one that serves nobody, after \
                its start and one request. The index: by its own account, what the daemon grew by, and how long it took.
                """,
            columns: [
                .init(title: "world"), .init(title: "actions", digits: 0), .init(title: "least MB", digits: 1),
                .init(title: "serving MB", digits: 1), .init(title: "of least", digits: 2),
                .init(title: "index MB", digits: 1), .init(title: "grown by MB", digits: 1),
                .init(title: "built in s", digits: 1),
            ])
    }
}

/// An agent of a daemon.
private struct Agent {
    let id: String
    let client: LoopbackClient

    init(id: String, client: LoopbackClient) {
        (self.id, self.client) = (id, client)
    }

    init(_ client: LoopbackClient, _ body: String) throws {
        self.init(id: try client.make("agent_id", "/v1/agents/", body), client: client)
    }

    var act: String { "/v1/agents/\(id)/act/" }

    /// Asks for an index and waits until it is laid, or found to find too little.
    func index() throws -> (isReady: Bool, recall: Double, bytes: Double, seconds: Double) {
        let path = "/v1/agents/\(id)/action_index"
        try client.send("PUT", path, #"{"recall":0.95}"#)
        while true {
            let index = try Self.object(client.send("GET", path))
            let state = index["state"] as? String
            if state == "ready" || state == "short" {
                func number(_ name: String) -> Double { (index[name] as? NSNumber)?.doubleValue ?? 0 }
                return (state == "ready", number("measured_recall"), number("bytes"), number("seconds"))
            }
            guard state == "building" else {
                throw LoopbackClient.Failure(description: "there is no index: \(index)")
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private static func object(_ json: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    }
}

/// A table that is only read.
private struct TableReading {
    private let numbers: [Float]

    init(numbers: Int) { self.numbers = Array(repeating: 0.5, count: numbers) }

    /// How long one pass takes.
    func microseconds() -> Double {
        1e6 / Stopwatch.rate(atLeast: .milliseconds(200)) { kernel_sum_of_squares(numbers.count, numbers) > 0 ? 1 : 0 }
    }
}

extension Settings {
    /// The load whose median latency is the median of all runs'.
    fileprivate func medianLoad(
        _ server: ServerProcess, _ path: String, _ body: String, betweenRuns: () -> Void = {}
    ) throws -> Wrk.Result {
        var loads: [Wrk.Result] = []
        for run in -1..<runs {
            betweenRuns()
            let load = try Wrk(core: loadCore).load(
                port: server.client.port, paths: [path], body: body, connections: 1, seconds: seconds)
            // The first warms up.
            if run >= 0 { loads.append(load) }
        }
        return loads.sorted { $0.median < $1.median }[loads.count / 2]
    }
}
