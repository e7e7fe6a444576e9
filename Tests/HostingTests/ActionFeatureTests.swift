import Environments
import Foundation
import Gym
import Hosting
import Learning
import Store
import Testing

/// What is known of an agent's actions, while the agent lives and after the daemon has ended in the middle of something.
struct ActionFeatureTests {
    private static let seen = Space.box(Box(low: [-1, -1], high: [1, 1], shape: [2], dtype: .float32))
    private static let count = 6

    private static func features(_ count: Int = Self.count, from first: Int = 0) -> ActionFeatures {
        ActionFeatures(width: 2, values: (0..<2 * count).map { Float(first + $0) / 10 })
    }

    private func request(_ features: ActionFeatures? = nil, start: Int = 0) -> Agents.Request {
        Agents.Request(
            spaces: (Self.seen, .discrete(Discrete(Self.count, start: start))), seed: 4,
            hyperparameters: ["hidden_sizes": [8], "batch_size": 8, "learning_starts": 8], actionFeatures: features)
    }

    private func withHall<R>(
        in folder: URL, _ catalogue: Catalogue = .worlds, _ body: (Hall) throws -> R
    ) throws -> R {
        let hall = try hall(folder, catalogue: catalogue)
        defer { hall.stop() }
        return try body(hall)
    }

    /// A hall in a folder of its own.
    private func withHall<R>(_ catalogue: Catalogue = .worlds, _ body: (Hall) throws -> R) throws -> R {
        try withFolder { try withHall(in: $0, catalogue, body) }
    }

    private func actions(_ agent: Agent) throws -> Lanes {
        try agent.act(.float32((0..<64).map { Float($0 % 13 - 6) / 6 }), rows: 32)
    }

    private func edit(_ ids: [Int64] = [], _ rows: ActionFeatures? = nil, withdraw: [Int64] = []) -> ActionEdit {
        ActionEdit(ids: ids, rows: rows, withdrawn: withdraw)
    }

    @Test func `a table that the daemon had not finished to give is given at its next start`() throws {
        try withFolder { folder in
            let (id, file, whole) = try withHall(in: folder) { hall in
                let whole = try hall.agents.create(request(Self.features()))
                return (try hall.agents.create(request()).id, try #require(whole.table).file, try actions(whole))
            }
            // As if the daemon had ended between the table and the network that is made anew.
            let path = folder.appending(path: "agents/\(id)/action_features.safetensors")
            try Data(file.encoded()).write(to: path)
            try withHall(in: folder) { hall in
                let agent = try #require(hall.agents.find(id, of: .standard))
                #expect(agent.table?.features == Self.features())
                #expect(try actions(agent) == whole)
            }
        }
    }

    @Test func `an agent whose table is damaged is left out, the others are served`() throws {
        try withFolder { folder in
            let (damaged, other) = try withHall(in: folder) { hall in
                (
                    try hall.agents.create(request(Self.features())).id,
                    try hall.agents.create(request(Self.features())).id
                )
            }
            let path = folder.appending(path: "agents/\(damaged)/action_features.safetensors")
            try Data(contentsOf: path).dropLast(3).write(to: path)
            try withHall(in: folder) { hall in
                #expect(hall.agents.find(damaged, of: .standard) == nil)
                #expect(hall.agents.find(other, of: .standard)?.table?.version == 1)
            }
        }
    }

    @Test func `actions grow by their ids, and outlive the daemon`() throws {
        try withFolder { folder in
            let (id, features, does) = try withHall(in: folder) { hall in
                let agent = try hall.agents.create(request(Self.features(), start: 3))
                let rows = Self.features(2, from: 50)
                let table = try hall.agents.editActionFeatures(edit([4, 9], rows, withdraw: [3, 8]), of: agent)
                #expect(table.version == 2 && table.features.count == 7)
                #expect((0..<7).filter { table.features.isWithdrawn($0) } == [0, 5])
                #expect(agent.actionSpace == .discrete(Discrete(7, start: 3)))
                #expect(agent.actionSpace.layout == agent.actionLayout)
                #expect(agent.served.policy.network.features == table.features)
                return (agent.id, table.features, try actions(agent))
            }
            try withHall(in: folder) { hall in
                let agent = try #require(hall.agents.find(id, of: .standard))
                #expect(agent.table?.features == features && agent.table?.version == 2)
                #expect(agent.actionSpace == .discrete(Discrete(7, start: 3)))
                #expect(try actions(agent) == does)
            }
        }
    }

    @Test func `a change that cannot be done is not done in part`() throws {
        try withHall { hall in
            let agent = try hall.agents.create(request(Self.features()))
            let rows = Self.features(1, from: 50)
            for wrong in [
                edit([0, 8], Self.features(2)), edit([0, 0], Self.features(2)), edit([-1], rows), edit([.min], rows),
                edit([.max], rows), edit([1], rows, withdraw: [1]), edit([1], rows, withdraw: [6]),
                edit([6], rows, withdraw: [0, 7]), edit(withdraw: [0, 1, 2, 3, 4, 5]),
                edit([0], ActionFeatures(width: 1, values: [1])),
            ] {
                #expect(throws: HostingError.self) { try hall.agents.editActionFeatures(wrong, of: agent) }
            }
            for wrong in [Self.features(5), ActionFeatures(width: 1, values: Array(repeating: 0, count: 6))] {
                #expect(throws: HostingError.self) { try hall.agents.replaceActionFeatures(wrong, of: agent) }
            }
            #expect(agent.table?.features == Self.features() && agent.table?.version == 1)
            #expect(agent.actionSpace == .discrete(Discrete(Self.count)))
        }
    }

    @Test func `what is observed is learned with the rows of now, and published with those of then`() throws {
        try withHall { hall in
            let agent = try hall.agents.create(request(Self.features()))
            func observe(_ action: Int64) throws {
                let transitions = Transitions(
                    observations: .float32([0.1, 0.2]), actions: .int64([action]), rewards: [1],
                    nextObservations: .float32([0.2, 0.2]), terminated: [true], truncated: [false], episodeIDs: [""])
                _ = try hall.observations.observe(transitions, agent, learns: true)
            }
            for step in 0..<16 { try observe(Int64(step % Self.count)) }
            let rows = Self.features(4, from: 50)
            _ = try hall.agents.editActionFeatures(edit([6, 7, 8, 9], rows, withdraw: [0, 1, 2, 3, 4, 5]), of: agent)
            for step in 0..<16 { try observe(Int64(6 + step % 4)) }
            while agent.served.version == 0 { Thread.sleep(forTimeInterval: 0.001) }
            #expect(agent.served.policy.network.features == agent.table?.features)
            guard case .int64(let chosen) = try actions(agent) else {
                Issue.record("actions are integers")
                return
            }
            #expect(chosen.allSatisfy { (6...9).contains($0) })
        }
    }

    @Test func `nothing is given to an agent that is deleted`() throws {
        try withFolder { folder in
            try withHall(in: folder) { hall in
                let agent = try hall.agents.create(request(Self.features()))
                try hall.jobs.delete(agent)
                #expect(throws: HostingError.self) {
                    try hall.agents.editActionFeatures(edit(withdraw: [0]), of: agent)
                }
                #expect(throws: HostingError.self) {
                    try hall.agents.replaceActionFeatures(Self.features(from: 1), of: agent)
                }
                #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "agents/\(agent.id)").path))
            }
        }
    }

    // What a world says of its actions.

    private func shop(_ generation: Int64 = 0, from parent: Agent? = nil, _ features: ActionFeatures? = nil)
        -> Agents.Request
    {
        Agents.Request(
            environment: "Shop-v0", kwargs: ["generation": .int(generation)], seed: 4,
            hyperparameters: [
                "hidden_sizes": [16], "batch_size": 16, "learning_starts": 50, "discount": 0.0, "n_step": 1,
            ], actionFeatures: features, initFrom: parent?.id)
    }

    private func training(_ hall: Hall, _ agent: Agent, steps: Int) throws -> Job {
        try hall.jobs.train(
            agent,
            TrainRequest(
                environment: "Shop-v0", kwargs: agent.configuration.kwargs, numEnvs: 1, budget: .init(steps: steps),
                targetReturn: nil, evaluationInterval: 500, evaluationEpisodes: 5, demonstrations: [],
                phases: [.init(.q)]))
    }

    @Test func `an agent knows what its world says, unless it is told otherwise`() throws {
        try withFolder { folder in
            let (first, second) = try withHall(in: folder, Shop.catalogue) { hall in
                let agent = try hall.agents.create(shop())
                #expect(agent.table?.features == Shop.items(0) && agent.table?.source == .environment)
                let told = try hall.agents.create(shop(0, from: nil, Shop.items(5)))
                #expect(told.table?.features == Shop.items(5) && told.table?.source == .client)
                // Its actions are the world's, whatever is known of them.
                var rows = Shop.items(0)
                rows.set(rows.count, to: [0])
                #expect(throws: HostingError.self) { try hall.agents.replaceActionFeatures(rows, of: agent) }
                #expect(throws: HostingError.self) {
                    try hall.agents.editActionFeatures(
                        edit([40], ActionFeatures(width: 1, values: [0])), of: agent)
                }
                #expect(try hall.agents.replaceActionFeatures(Shop.items(1), of: agent).source == .client)
                return (agent.id, told.id)
            }
            try withHall(in: folder, Shop.catalogue) { hall in
                #expect(hall.agents.find(first, of: .standard)?.table?.features == Shop.items(1))
                #expect(hall.agents.find(second, of: .standard)?.table?.features == Shop.items(5))
            }
        }
    }

    @Test func `what was learned of some items is known of others`() throws {
        try withHall(Shop.catalogue) { hall in
            let parent = try hall.agents.create(shop())
            hall.jobs.wait(for: try training(hall, parent, steps: 2_000))
            let seeds: [UInt64] = [1, 2, 3, 4]
            let learned = try hall.evaluate(parent, environment: nil, kwargs: nil, seeds: seeds, expert: nil)
            #expect(learned.evaluation.mean > learned.random.mean / 3)

            let child = try hall.agents.create(shop(1, from: parent))
            #expect(child.table?.features == Shop.items(1) && child.table?.source == .environment)
            #expect(
                child.served.policy.checkpoint["layers.0.weight"] == parent.served.policy.checkpoint["layers.0.weight"])
            let other = try hall.evaluate(child, environment: nil, kwargs: nil, seeds: seeds, expert: nil)
            #expect(other.evaluation.mean > other.random.mean / 3)
        }
    }

    @Test func `a job goes on with what it is told, and publishes nothing that knows less`() throws {
        try withHall(Shop.catalogue) { hall in
            let agent = try hall.agents.create(shop())
            let job = try training(hall, agent, steps: 3_000)
            var changes = 0
            while !job.status.isFinished {
                // Half of the items, then the other half.
                let half = (0..<20).map { Int64(2 * $0 + changes % 2) }
                let rows = ActionFeatures(
                    width: 1, values: half.map { Shop.items(0).values[Int($0) ^ 1] })
                _ = try hall.agents.editActionFeatures(edit(half.map { $0 ^ 1 }, rows, withdraw: half), of: agent)
                changes += 1
                #expect(agent.served.policy.network.features == agent.table?.features)
                Thread.sleep(forTimeInterval: 0.002)
            }
            hall.jobs.wait(for: job)
            #expect(changes > 1 && job.status.state == .succeeded && agent.served.version > 0)
            #expect(agent.table?.version == 1 + changes)
            #expect(agent.served.policy.network.features == agent.table?.features)
            guard case .int64(let chosen) = try agent.act(Self.wishes, rows: 40) else { return }
            let withdrawn = Set((0..<20).map { Int64(2 * $0 + (changes - 1) % 2) })
            #expect(withdrawn.isDisjoint(with: chosen))
        }
    }

    private static let wishes = Lanes.float32((0..<40).map { Float($0) / 20 - 1 })
}

extension Agent {
    fileprivate func act(_ observations: Lanes, rows: Int) throws -> Lanes {
        var random = RandomGenerator(seed: 1)
        return try served.policy.act(observations, rows: rows, random: &random)
    }
}
