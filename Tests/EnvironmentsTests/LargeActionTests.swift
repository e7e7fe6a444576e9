import Environments
import Glibc
import Gym
import Testing

/// The worlds with large action spaces, each by its rules; Tests/EndToEnd/test_large_actions.py has their dynamics in numpy.
@Suite struct LargeActionTests {
    @Test(
        arguments: [
            ("DiscretizedPendulum-v0", "n", 1), ("DiscretizedPendulum-v0", "n", 2_000_001),
            ("DiscretizedPendulum-v0", "n", 2.5), ("DiscretizedPendulum-v0", "masked", 1),
            ("DiscretizedPendulum-v0", "masked", -0.1), ("Reach-v0", "joints", 0), ("Reach-v0", "joints", 65),
            ("Reach-v0", "bins", 1), ("HybridMoving-v0", "max_step", 0), ("HybridMoving-v0", "max_turn", -1),
            ("HybridMoving-v0", "delta_t", "Infinity"), ("Recommender-v0", "items", 1),
            ("Recommender-v0", "items", 1_000_001), ("Recommender-v0", "generation", -1),
        ] as [(String, String, Value)]
    ) func `refuses what it cannot be, by name`(id: String, name: String, value: Value) throws {
        let error = #expect(throws: EnvironmentError.self) {
            try Catalogue.worlds.spec(id).make(kwargs: .object([.init(name, value)]))
        }
        guard case .invalidKwarg(let named, _) = error else {
            Issue.record("another error")
            return
        }
        #expect(named == name)
    }

    // MARK: Reach

    @Test func `turns each joint by its bin and pays the distance`() throws {
        let vector = try Catalogue.worlds.spec("Reach-v0").make(kwargs: ["joints": 2, "bins": 5])
        #expect(vector.actionSpace == .multiDiscrete(MultiDiscrete([5, 5])))
        try vector.reset(seed: 1)
        func lane(_ index: Int) -> Double { vector.observations.double(index) }
        func directions() -> (Double, Double) { (atan2(lane(2), lane(0)), atan2(lane(3), lane(1))) }
        for (actions, turns) in [([2, 2], (0.0, 0.0)), ([4, 2], (0.05, 0.05)), ([0, 3], (-0.05, -0.025))] {
            let before = directions()
            let target = (lane(4), lane(5))
            try vector.step(.int64(actions.map { Int64($0) }))
            let after = directions()
            // The second link goes with the first.
            #expect(abs(after.0 - before.0 - turns.0) < 1e-6 && abs(after.1 - before.1 - turns.1) < 1e-6)
            let tip = ((cos(after.0) + cos(after.1)) / 2, (sin(after.0) + sin(after.1)) / 2)
            #expect(abs(lane(6) - tip.0) < 1e-6 && abs(lane(7) - tip.1) < 1e-6)
            #expect((lane(4), lane(5)) == target)
            #expect(abs(vector.rewards[0] + hypot(tip.0 - target.0, tip.1 - target.1)) < 1e-6)
        }
    }

    // MARK: HybridMoving

    /// Puts the agent somewhere, as a snapshot can.
    private func place(
        _ vector: any VectorEnvironment, at place: (Double, Double), target: (Double, Double), speed: Double = 0,
        steps: Int = 0
    ) throws {
        try vector.reset(seed: 0)
        var writer = StateWriter()
        vector.save(to: &writer)
        var state = StateWriter()
        for value in [place.0, place.1, target.0, target.1, speed, 0] { state.write(value) }
        state.write(steps)
        var reader = StateReader(state.bytes + writer.bytes.dropFirst(state.bytes.count))
        try vector.restore(from: &reader)
    }

    @Test func `rewards as gym-hybrid's README says`() throws {
        let vector = try Catalogue.worlds.spec("HybridMoving-v0").make()
        func step(_ action: Int, _ acceleration: Double = 0, _ turn: Double = 0) throws -> Double {
            try vector.step(.float64([Double(action), acceleration, turn]))
            return vector.rewards[0]
        }
        // Nearer by speed times time, less the penalty; heading and parameters of other actions change nothing.
        try place(vector, at: (0, 0), target: (0.5, 0))
        #expect(abs(try step(0, 1, 0.7) - (0.5 * 0.005 - 0.001)) < 1e-12)
        #expect(vector.observations.double(2) == 0.5 && vector.observations.double(4) == 0)
        #expect(abs(try step(1, 1, -1) - (0.0 - 0.001)) < 1e-5)
        #expect(abs(vector.observations.double(4) + 1) < 1e-6 && vector.observations.double(2) == 0.5)
        _ = try step(2, 1, 1)
        #expect(vector.observations.double(2) == Double(Float(0.4)) && !vector.terminated[0])
        // To stop within the target, to pass it, to stop outside.
        try place(vector, at: (0.02, 0), target: (0, 0), speed: 0.1)
        #expect(abs(try step(2) - 0.999) < 1e-12 && vector.terminated == [true])
        try place(vector, at: (0.02, 0), target: (0, 0), speed: 0.2)
        #expect(try step(2) < 0 && vector.terminated == [false])
        try place(vector, at: (0.2, 0), target: (0, 0), speed: 0.1)
        #expect(abs(try step(2) + 0.001) < 1e-12 && vector.terminated == [false])
        // To leave the field, and to be too late; unless that step stops within the target.
        try place(vector, at: (0.999, 0), target: (0, 0), speed: 1)
        #expect(abs(try step(1) - (-0.005 - 0.001 - 1)) < 1e-12 && vector.terminated == [true])
        try place(vector, at: (0.5, 0), target: (0, 0), steps: 199)
        #expect(abs(try step(2) + 1.001) < 1e-12 && vector.terminated == [true] && vector.truncated == [false])
        try place(vector, at: (0.05, 0), target: (0, 0), steps: 199)
        #expect(abs(try step(2) - 0.999) < 1e-12 && vector.terminated == [true])
    }

    // MARK: Recommender

    private func features(_ items: Int64, _ generation: Int64) throws -> ActionFeatures {
        let kwargs: Value = ["items": .int(items), "generation": .int(generation)]
        return try #require(try Catalogue.worlds.spec("Recommender-v0").make(kwargs: kwargs).actionFeatures)
    }

    @Test func `shares half of its items with the generation before`() throws {
        let generations = try (0..<5).map { try features(2_000, $0) }
        func shared(_ one: Int, _ other: Int) -> Int {
            (0..<2_000).count { item in
                let row = item * 9..<item * 9 + 9
                return generations[one].values[row] == generations[other].values[row]
            }
        }
        for generation in 1..<5 {
            #expect(shared(generation - 1, generation) == 1_000)
            // What goes, goes for good: half of the half, within five standard errors.
            if generation > 1 { #expect(abs(shared(generation - 2, generation) - 500) < 120) }
        }
        #expect(try features(2_000, 3) == generations[3])
        // More items are further ones.
        #expect(Array(try features(3_001, 3).values.prefix(18_000)) == generations[3].values)
        #expect(Set(generations[0].values).count > 17_900)
        #expect(generations.allSatisfy { $0.width == 9 && $0.values.allSatisfy { (-1..<1).contains($0) } })
        let mean = generations[4].values.reduce(0, +) / 18_000
        #expect(abs(mean) < 0.02)
    }

    @Test func `its expert finds the best item of all, and of those that are allowed`() throws {
        let kwargs: Value = ["items": 5_000]
        let spec = try Catalogue.worlds.spec("Recommender-v0")
        let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: kwargs)
        let items = try features(5_000, 0)
        var random = RandomGenerator(seed: 3)
        for round in 0..<60 {
            // Of strong interests, of weak ones, of none.
            let size = [1, 0.2, 0][round % 3]
            let profile = (0..<8).map { _ in Float(random.uniform(-size, size)) }
            let mask = round.isMultiple(of: 2) ? [] : (0..<5_000).map { _ in random.random() < 0.002 }
            let values = (0..<5_000).map { item in
                let row = items.values[item * 9..<item * 9 + 9].map { Double($0) }
                let taste = exp(zip(profile, row).reduce(0) { $0 + Double($1.0) * $1.1 })
                let watched = 4 - 1.5 * 4 * (1 - 0.5 * row[8])
                let value = (taste * watched - 4 * 1.5 * 2) / (taste + 4)
                return mask.isEmpty || mask[item] ? value : -.infinity
            }
            let observation = Lanes.float32(profile + Array(repeating: 0, count: 11))
            let choice = Int(expert.act(observation, rows: 1, masks: mask).integer(0))
            let best = values.max() ?? 0
            #expect(values[choice] >= best - 1e-6 || (mask.allSatisfy { !$0 } && !mask.isEmpty))
        }
    }

    @Test func `its expert does far better than chance`() throws {
        let spec = try Catalogue.worlds.spec("Recommender-v0")
        let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec)
        func mean(_ act: (any VectorEnvironment) throws -> Lanes) throws -> Double {
            let vector = try spec.make(options: VectorOptions(count: 100, autoreset: .sameStep))
            try vector.reset(seed: 1)
            var returns: [Int: Double] = [:]
            while returns.count < 100 {
                try vector.step(act(vector))
                for episode in vector.episodes where returns[episode.index] == nil {
                    returns[episode.index] = episode.episodeReturn
                }
            }
            return returns.values.reduce(0, +) / 100
        }
        var random = RandomGenerator(seed: 2)
        let chance = try mean { _ in .int64((0..<100).map { _ in Int64(random.integers(0, 100_000)) }) }
        #expect((20...28).contains(chance), "\(chance)")
        let best = try mean { expert.act($0.observations, rows: 100, masks: []) }
        #expect((84...102).contains(best), "\(best)")
    }

    @Test func `ends when the time is up, and no minute is watched that is not there`() throws {
        let vector = try Catalogue.worlds.spec("Recommender-v0").make(kwargs: ["items": 500])
        var random = RandomGenerator(seed: 1)
        for seed in 0..<20 as Range<UInt64> {
            try vector.reset(seed: seed)
            var left = 1.0
            while !vector.terminated[0] {
                try vector.step(.int64([Int64(random.integers(0, 500))]))
                let (watched, share) = (vector.observations.double(17), vector.observations.double(18))
                let expected = watched == 1 ? min(4, left * 60) : 0
                #expect(abs(vector.rewards[0] - expected) < 1e-5 && share < left)
                #expect(vector.terminated[0] == (share == 0))
                left = share
            }
        }
    }
}
