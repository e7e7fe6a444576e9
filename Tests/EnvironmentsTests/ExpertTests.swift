import Environments
import Gym
import Testing

/// What the scripted experts promise, each in the environments that it knows.
@Suite struct ExpertTests {
    /// An expert with one of the environments that it knows.
    struct Pair: Sendable, CustomTestStringConvertible {
        let expert: ExpertSpec
        let environment: EnvironmentSpec
        var testDescription: String { "\(expert.id) in \(environment.id)" }
    }

    static var pairs: [Pair] {
        Catalogue.worlds.experts.flatMap { expert in
            expert.environments.compactMap { id in
                (try? Catalogue.worlds.spec(id)).map { Pair(expert: expert, environment: $0) }
            }
        }
    }

    /// The returns of an episode for each seed; without a time limit it is cut after 1,000 steps.
    private func returns(
        _ expert: String, _ id: String, kwargs: Value = [:], seeds: Range<UInt64> = 0..<1_000
    ) throws -> [Double] {
        let spec = try Catalogue.worlds.spec(id)
        let expert = try Catalogue.worlds.expert(expert, for: spec).make(for: spec, kwargs: kwargs)
        let options = VectorOptions(
            count: seeds.count, maxEpisodeSteps: spec.maxEpisodeSteps ?? 1_000, autoreset: .sameStep)
        let vector = try spec.make(kwargs: kwargs, options: options)
        try vector.reset(seeds: Array(seeds), mask: nil, options: nil)
        var returns = [Double?](repeating: nil, count: seeds.count)
        while returns.contains(nil) {
            try vector.step(expert.act(vector.observations, rows: seeds.count, masks: vector.actionMasks))
            for episode in vector.episodes where returns[episode.index] == nil {
                returns[episode.index] = episode.episodeReturn
            }
        }
        return returns.compactMap(\.self)
    }

    /// Bounds of the mean, and of the worst episode, over 1,000 seeds.
    @Test(
        arguments: [
            ("cartpole-linear", "CartPole-v0", 200...200, 200), ("cartpole-linear", "CartPole-v1", 500...500, 500),
            ("mountain-car-grid", "MountainCar-v0", -99 ... -95, -110),
            ("mountain-car-rule", "MountainCar-v0", -110 ... -100, -130),
            ("mountain-car-continuous-rule", "MountainCarContinuous-v0", 95...98, 95),
            ("pendulum-grid", "Pendulum-v1", -145 ... -130, -400),
            ("pendulum-energy", "Pendulum-v1", -165 ... -140, -400),
            ("acrobot-energy", "Acrobot-v1", -82 ... -70, -500),
            ("pendulum-grid", "DiscretizedPendulum-v0", -145 ... -130, -400),
            ("reach-least-squares", "Reach-v0", -10.5 ... -9, -60),
            ("hybrid-moving-rule", "HybridMoving-v0", 1.9...2, -1),
        ] as [(String, String, ClosedRange<Double>, Double)]
    ) func `reaches what its page says`(expert: String, id: String, mean: ClosedRange<Double>, worst: Double) throws {
        let returns = try returns(expert, id)
        let average = returns.reduce(0, +) / Double(returns.count)
        #expect(mean.contains(average), "\(average)")
        #expect((returns.min() ?? 0) >= worst)
    }

    @Test func `the first expert of an environment is its best`() throws {
        for spec in Catalogue.worlds.specs {
            let known = Catalogue.worlds.experts(for: spec)
            #expect(!known.isEmpty)
            #expect(try Catalogue.worlds.expert(Catalogue.scripted, for: spec).id == known.first?.id)
            let means = try known.map {
                try returns($0.id, spec.id, seeds: 0..<200).reduce(0, +)
            }
            #expect(means.allSatisfy { $0 <= means[0] })
        }
    }

    @Test func `keeps to the environment's arguments`() throws {
        func mean(_ expert: String, _ id: String, _ kwargs: Value) throws -> Double {
            let returns = try returns(expert, id, kwargs: kwargs, seeds: 0..<200)
            return returns.reduce(0, +) / Double(returns.count)
        }
        for gravity in [1.0, 15] {
            let kwargs: Value = ["g": .double(gravity)]
            let energy = try mean("pendulum-energy", "Pendulum-v1", kwargs)
            #expect(try mean("pendulum-grid", "Pendulum-v1", kwargs) > energy)
        }
        let fast: Value = ["goal_velocity": 0.04]
        #expect(try mean("mountain-car-grid", "MountainCar-v0", fast) > -115)
        #expect(try mean("mountain-car-continuous-rule", "MountainCarContinuous-v0", fast) > 94)
        #expect(try mean("reach-least-squares", "Reach-v0", ["joints": 3, "bins": 101]) > -32)
        #expect(try mean("reach-least-squares", "Reach-v0", ["joints": 24, "bins": 5]) > -6)
        #expect(try mean("hybrid-moving-rule", "HybridMoving-v0", ["max_turn": 0.3, "delta_t": 0.02]) > 1.85)
        #expect(try mean("recommender-search", "Recommender-v0", ["items": 2_000, "generation": 7]) > 65)
        #expect(try mean("pendulum-grid", "DiscretizedPendulum-v0", ["n": 2]) > -250)
        // Nobody can be so fast.
        #expect(try mean("mountain-car-grid", "MountainCar-v0", ["goal_velocity": 1]) == -200)
        #expect(try mean("cartpole-linear", "CartPole-v1", ["sutton_barto_reward": true]) == 0)
        // With a fickle passenger one detour: the best that a state can tell.
        #expect(try mean("value-iteration", "Taxi-v4", ["fickle_passenger": true]) > 5)
    }

    @Test(arguments: [-1e308, -10, 0, 1e308]) func `is not confused by any gravity`(_ gravity: Double) throws {
        for expert in ["pendulum-grid", "pendulum-energy"] {
            let spec = try Catalogue.worlds.spec("Pendulum-v1")
            let player = try Catalogue.worlds.expert(expert, for: spec).make(for: spec, kwargs: ["g": .double(gravity)])
            let states = Lanes.float32([1, 0, 0, -1, 0, 1, 0.6, -0.8, -8, 0, 0, 100])
            guard case .float32(let torques) = player.act(states, rows: 4, masks: []) else { return }
            #expect(torques.allSatisfy { abs($0) <= 2 })
        }
    }

    @Test(arguments: tableOptima) func `is exactly the best where the world is a table`(
        id: String, kwargs: Value, value: Double, bound: Double
    ) throws {
        let spec = try Catalogue.worlds.spec(id)
        let expert = try Catalogue.worlds.expert("value-iteration", for: spec).make(for: spec, kwargs: kwargs)
        let table = try #require(try spec.make(kwargs: kwargs).transitionTable)
        let limit = spec.maxEpisodeSteps ?? 1_000
        let states = Lanes.int64((0..<Int64(table.outcomes.count)).map { $0 })
        let actions = expert.act(states, rows: table.outcomes.count, masks: [])
        func q(_ state: Int, _ action: Int, _ values: [Double]) -> Double {
            table.outcomes[state][action].reduce(0) {
                $0 + $1.probability * ($1.reward + ($1.terminated ? 0 : values[$1.next]))
            }
        }
        var values = [Double](repeating: 0, count: table.outcomes.count)
        for _ in 0..<limit {
            values = values.indices.map { q($0, Int(actions.integer($0)), values) }
        }
        let own = zip(table.initial, values).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(own - value) < 1e-9, "\(own)")
        #expect(own <= bound + 1e-9)
    }

    @Test func `walks the shortest way over ice that is not slippery`() throws {
        let kwargs: Value = ["is_slippery": false, "desc": ["SFFF", "FHHF", "FFHF", "HFFG"]]
        let spec = try Catalogue.worlds.spec("FrozenLake-v1")
        let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: kwargs)
        let vector = try spec.make(kwargs: kwargs)
        try vector.reset(seed: 0)
        var steps = 0
        while !vector.terminated[0] && !vector.truncated[0] {
            try vector.step(expert.act(vector.observations, rows: 1, masks: []))
            steps += 1
        }
        #expect(steps == 6 && vector.rewards == [1])
    }

    @Test func `copes with the largest lake`() throws {
        let ice = String(repeating: "F", count: 128)
        var rows = Array(repeating: ice, count: 128)
        rows[0] = "S" + ice.dropFirst()
        rows[127] = ice.dropLast() + "G"
        let spec = try Catalogue.worlds.spec("FrozenLake-v1")
        let lake = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: ["desc": .strings(rows)])
        guard case .int64(let actions) = lake.act(.int64(Array(0..<128 * 128)), rows: 128 * 128, masks: []) else {
            return
        }
        #expect(actions.allSatisfy { (0..<4).contains($0) })
        // Beside the goal it goes for it.
        #expect([1, 2].contains(actions[128 * 128 - 2]) && [1, 2].contains(actions[127 * 128 - 1]))
    }

    @Test func `a taxi does nothing that its mask forbids`() throws {
        for kwargs: Value in [[:], ["is_rainy": true], ["fickle_passenger": true]] {
            let spec = try Catalogue.worlds.spec("Taxi-v4")
            let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: kwargs)
            let vector = try spec.make(kwargs: kwargs, options: VectorOptions(count: 100, autoreset: .sameStep))
            try vector.reset(seed: 5)
            for _ in 0..<100 {
                let masks = vector.actionMasks
                let free = expert.act(vector.observations, rows: 100, masks: [])
                #expect((0..<100).allSatisfy { masks[$0 * 6 + Int(free.integer($0))] })
                #expect(expert.act(vector.observations, rows: 100, masks: masks) == free)
                // Whatever the mask allows, it stays within it.
                let odd = (0..<600).map { $0 % 6 == ($0 / 6) % 6 }
                let forced = expert.act(vector.observations, rows: 100, masks: odd)
                #expect(forced == .int64((0..<100).map { Int64($0 % 6) }))
                try vector.step(free)
            }
        }
    }

    @Test func `plays Blackjack by the best strategy`() throws {
        let spec = try Catalogue.worlds.spec("Blackjack-v1")
        for (kwargs, value) in blackjackValues {
            let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: kwargs)
            for row in blackjackStrategy {
                let hands = Lanes.int64((1...10).flatMap { [row.sum, $0, row.ace] })
                let actions = expert.act(hands, rows: 10, masks: [])
                #expect(actions == .int64(row.hits.map { $0 == "1" ? 1 : 0 }), "\(row)")
            }
            let returns = try returns("blackjack-basic-strategy", "Blackjack-v1", kwargs: kwargs, seeds: 0..<60_000)
            // Four standard errors.
            #expect(abs(returns.reduce(0, +) / Double(returns.count) - value) < 0.016)
        }
        let everything = (0..<32).flatMap { sum in
            (0..<11).flatMap { shown in (0..<2).flatMap { [Int64(sum), Int64(shown), Int64($0)] } }
        }
        let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec)
        guard case .int64(let actions) = expert.act(.int64(everything), rows: 704, masks: []) else { return }
        #expect(actions.allSatisfy { $0 == 0 || $0 == 1 })
    }

    @Test(arguments: pairs) func `acts within the space, by what it sees alone`(_ pair: Pair) throws {
        let vector = try pair.environment.make(options: VectorOptions(count: 40, autoreset: .sameStep))
        let (one, other) = (try pair.expert.make(for: pair.environment), try pair.expert.make(for: pair.environment))
        let width = try #require(vector.observationSpace.layout).count
        let actionWidth = try #require(vector.actionSpace.layout).count
        var sampler = SpaceSampler(vector.actionSpace, seed: 7)
        try vector.reset(seed: 3)
        for step in 0..<60 {
            let observations = vector.observations
            let actions = one.act(observations, rows: 40, masks: [])
            // Alone, in another order, asked of another: the same.
            let row = step % 40
            let alone = other.act(observations.rows(row..<row + 1, width: width), rows: 1, masks: [])
            #expect(alone == actions.rows(row..<row + 1, width: actionWidth))
            for row in 0..<40 {
                var offset = row * actionWidth
                try vector.actionSpace.check(vector.actionSpace.value(of: actions, at: &offset))
            }
            // Where its own play would not lead it, too.
            var batch = LaneWriter(Lanes(actions.element, count: 40 * actionWidth))
            for _ in 0..<40 { sampler.sample(into: &batch) }
            try vector.step(step.isMultiple(of: 3) ? batch.lanes : actions)
        }
    }

    @Test(arguments: pairs) func `decides something about any number`(_ pair: Pair) throws {
        let vector = try pair.environment.make()
        guard case .box = vector.observationSpace, let width = vector.observationSpace.layout?.count else { return }
        let expert = try pair.expert.make(for: pair.environment)
        for number in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0] {
            let actions = expert.act(.float32(Array(repeating: number, count: width)), rows: 1, masks: [])
            if case .discrete(let space) = vector.actionSpace {
                #expect((0..<Int64(space.n)).contains(actions.integer(0)))
            }
        }
    }

    @Test func `says who it is`() throws {
        let experts = Catalogue.worlds.experts
        #expect(Set(experts.map(\.id)).count == experts.count)
        for expert in experts {
            #expect(expert.id.allSatisfy { $0.isLowercase || $0 == "-" } && expert.id != Catalogue.scripted)
            #expect(expert.summary.hasSuffix(".") && !expert.environments.isEmpty)
        }
        let taxi = try Catalogue.worlds.spec("Taxi-v4")
        #expect(throws: EnvironmentError.unknownExpert("x", environment: "Taxi-v4", known: ["value-iteration"])) {
            try Catalogue.worlds.expert("x", for: taxi)
        }
        #expect(throws: EnvironmentError.self) {
            try Catalogue.worlds.expert("scripted", for: taxi).make(for: taxi, kwargs: ["is_rainy": 3])
        }
    }
}
