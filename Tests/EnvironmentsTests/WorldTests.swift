import Environments
import Gym
import Testing

/// What only some worlds promise.
@Suite struct WorldTests {
    private func reason(_ id: String, kwargs: Value) throws -> EnvironmentError? {
        #expect(throws: EnvironmentError.self) { try Catalogue.worlds.spec(id).make(kwargs: kwargs) }
    }

    @Test(
        arguments: [
            ["desc": ["SFF", "FG"]], ["desc": ["SFX", "FFG"]], ["desc": ["FFF", "FFG"]], ["desc": []], ["desc": [""]],
            ["desc": ["SFG", 7]], ["desc": .strings([String(repeating: "S", count: 129)])], ["desc": "SFG"],
        ] as [Value]
    ) func `refuses a map that is none, and says that it is the map`(_ kwargs: Value) throws {
        guard case .invalidKwarg(let name, _) = try reason("FrozenLake-v1", kwargs: kwargs) else {
            Issue.record("another error")
            return
        }
        #expect(name == "desc")
    }

    @Test(
        arguments: [
            ("map_name", "5x5"), ("map_name", nil), ("success_rate", 1.5), ("reward_schedule", [1, 0]),
            ("reward_schedule", [1, 0, "x"]), ("reward_schedule", [1, 0, 0, 0]), ("is_slippery", 1),
        ] as [(String, Value)]
    ) func `refuses a wrong argument by its name`(name: String, value: Value) throws {
        guard
            case .invalidKwarg(name, _) = try reason("FrozenLake-v1", kwargs: .object([.init(name, value)]))
        else {
            Issue.record("another error")
            return
        }
    }

    @Test(arguments: [AutoresetMode.nextStep, .sameStep])
    func `a step in parts on several cores is the same as on one`(_ autoreset: AutoresetMode) throws {
        // Much work, and the last part is not whole.
        let count = 2_000
        let vectors = try [true, false].map { isShared in
            try Catalogue.worlds.spec("Acrobot-v1").make(
                options: VectorOptions(count: count, maxEpisodeSteps: 30, autoreset: autoreset, isShared: isShared))
        }
        for vector in vectors { try vector.reset(seed: 1) }
        var random = RandomGenerator(seed: 2)
        var ended = 0
        for step in 0..<100 {
            // So that not all episodes end at once.
            let some = (0..<count).map { _ in random.random() < 0.01 }
            let actions = Lanes.int64((0..<count).map { _ in Int64(random.integers(0, 3)) })
            for vector in vectors {
                if step.isMultiple(of: 10) && some.contains(true) {
                    try vector.reset(seeds: Array(repeating: nil, count: count), mask: some, options: nil)
                }
                try vector.step(actions)
            }
            #expect(vectors[0].observations == vectors[1].observations && vectors[0].rewards == vectors[1].rewards)
            #expect(vectors[0].terminated == vectors[1].terminated && vectors[0].truncated == vectors[1].truncated)
            #expect(vectors[0].episodes == vectors[1].episodes && vectors[0].didReset == vectors[1].didReset)
            ended += vectors[0].episodes.count
        }
        #expect(ended > count)
    }

    @Test func `takes a map as rows of letters too`() throws {
        let strings = try Catalogue.worlds.spec("FrozenLake-v1").make(kwargs: ["desc": ["SF", "HG"]])
        let letters = try Catalogue.worlds.spec("FrozenLake-v1").make(
            kwargs: ["desc": [["S", "F"], ["H", "G"]], "map_name": nil])
        #expect(strings.transitionTable == letters.transitionTable)
        #expect(strings.observationSpace == .discrete(Discrete(4)))
    }

    @Test(
        arguments: [
            ("CartPole-v1", ["low": 0.2]), ("MountainCar-v0", ["low": "x"]), ("Acrobot-v1", ["high": "Infinity"]),
            ("Pendulum-v1", ["x_init": -1]), ("Pendulum-v1", ["y_init": nil]),
            ("CartPole-v1", ["low": -1e308, "high": 1e308]),
        ] as [(String, Value)]
    ) func `refuses bounds for the first state that are none`(id: String, options: Value) throws {
        let environment = try Catalogue.worlds.spec(id).make()
        #expect(throws: EnvironmentError.self) { try environment.reset(seed: 0, options: options) }
    }

    @Test func `starts where reset options say`() throws {
        let environment = try Catalogue.worlds.spec("Pendulum-v1").make()
        try environment.reset(seed: 0, options: ["x_init": 0, "y_init": 0])
        #expect(environment.observations == .float32([1, 0, 0]))
    }

    @Test func `swings an acrobot from any angle in finite time`() throws {
        let environment = try Catalogue.worlds.spec("Acrobot-v1").make()
        try environment.reset(seed: 0, options: ["low": 1e300, "high": 1e301])
        try environment.step(.int64([0]))
        #expect(environment.rewards == [-1] || environment.terminated == [true])
    }

    @Test func `has no table where a passenger is fickle`() throws {
        let environment = try Catalogue.worlds.spec("Taxi-v4").make(kwargs: ["fickle_passenger": true])
        #expect(environment.transitionTable == nil)
    }

    @Test func `values the crossing as its page says`() throws {
        let table = try #require(try Catalogue.worlds.spec("Crossing-v0").make().transitionTable)
        /// Q of both states and actions, if V comes after.
        func q(_ v: [Double], discount: Double) -> [[Double]] {
            table.outcomes.map { actions in
                actions.map { outcomes in
                    outcomes.reduce(0) {
                        $0 + $1.probability * ($1.reward + ($1.terminated ? 0 : discount * v[$1.next]))
                    }
                }
            }
        }
        let discounted = q([50.5, 49.5], discount: 0.99)
        for (value, expected) in zip(discounted.joined(), [49.5, 50.5, 49.5, -1]) {
            #expect(abs(value - expected) < 1e-9)
        }
        var v = [0.0, 0.0]
        for left in 1...100 {
            v = q(v, discount: 1).map { max($0[0], $0[1]) }
            #expect(v == [Double(left + 1) / 2, Double(left - 1) / 2])
        }
        #expect(zip(table.initial, v).reduce(0) { $0 + $1.0 * $1.1 } == 50)
        #expect(q([0, 0], discount: 0)[0].reduce(0, +) / 2 == 0.5)
    }
}
