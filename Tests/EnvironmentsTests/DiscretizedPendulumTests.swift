import Environments
import Gym
import Testing

@Suite struct DiscretizedPendulumTests {
    private func make(_ kwargs: Value, count: Int = 1) throws -> any VectorEnvironment {
        try Catalogue.worlds.spec("DiscretizedPendulum-v0").make(
            kwargs: kwargs, options: VectorOptions(count: count, autoreset: .sameStep))
    }

    private func torques(_ vector: any VectorEnvironment) throws -> [Float] {
        try #require(vector.actionFeatures).values
    }

    @Test(arguments: [2, 3, 1_001, 10_000]) func `moves as the pendulum does with the torque looked up`(
        _ n: Int
    ) throws {
        let vector = try make(["n": .int(Int64(n)), "g": 9.81], count: 3)
        let pendulum = try Catalogue.worlds.spec("Pendulum-v1").make(
            kwargs: ["g": 9.81], options: VectorOptions(count: 3, autoreset: .sameStep))
        let torques = try torques(vector)
        var random = RandomGenerator(seed: 1)
        try vector.reset(seed: 5)
        try pendulum.reset(seed: 5)
        for _ in 0..<450 {
            #expect(vector.observations == pendulum.observations)
            let actions = (0..<3).map { _ in Int64(random.integers(0, n)) }
            try vector.step(.int64(actions))
            try pendulum.step(.float32(actions.map { torques[Int($0)] }))
            #expect(vector.rewards == pendulum.rewards && vector.truncated == pendulum.truncated)
        }
        #expect(!vector.hasActionMask && vector.info(0) == [:])
    }

    @Test func `has every torque once, in an order that depends on their number alone`() throws {
        for n in [2, 5, 10_000] {
            let torques = try torques(make(["n": .int(Int64(n))]))
            let even = (0..<n).map { Float(-2 + 4 * Double($0) / Double(n - 1)) }
            #expect(zip(torques.sorted(), even).allSatisfy { abs($0 - $1) < 1e-6 })
            #expect(torques.count == n && torques.min() == -2 && torques.max() == 2)
            #expect(try torques == self.torques(make(["n": .int(Int64(n)), "g": 1, "masked": 0.5], count: 2)))
        }
        let torques = try torques(make([:]))
        // Neighbours have nothing in common: the mean difference of two uniform numbers is a third of the range.
        let steps = zip(torques, torques.dropFirst()).map { abs($0 - $1) }
        let mean = steps.reduce(0, +) / 9_999
        #expect((1.28...1.38).contains(mean), "\(mean)")
    }

    @Test(arguments: [(10_000, 0.9), (1_000_000, 0.25), (99_999, 0.5)]) func `masks its share, anew in each step`(
        n: Int, share: Double
    ) throws {
        let vector = try make(["n": .int(Int64(n)), "masked": .double(share)])
        try vector.reset(seed: 2)
        #expect(vector.hasActionMask && vector.maskWidth == n)
        var before = vector.actionMasks
        for _ in 0..<4 {
            #expect(vector.actionMasks == before, "the same when asked twice")
            try vector.step(.int64([0]))
            let mask = vector.actionMasks
            let bound = 5 * (share * (1 - share) * Double(n)).squareRoot()
            #expect(abs(Double(mask.count { !$0 }) - share * Double(n)) < bound)
            // Independent of the step before: both free with the product of the probabilities.
            let free = Double(zip(mask, before).count { $0 && $1 })
            #expect(abs(free - (1 - share) * (1 - share) * Double(n)) < bound)
            before = mask
        }
    }

    @Test(arguments: [2, 3, 7, 1_000]) func `leaves something to do in every step`(_ n: Int) throws {
        let vector = try make(["n": .int(Int64(n)), "masked": 0.9999], count: 50)
        try vector.reset(seed: 3)
        var free = Array(repeating: 0, count: n)
        for _ in 0..<200 {
            let masks = vector.actionMasks
            for row in 0..<50 {
                let mask = masks[row * n..<(row + 1) * n]
                #expect(mask.contains(true))
                for (action, isFree) in mask.enumerated() where isFree { free[action] += 1 }
            }
            try vector.step(.int64(Array(repeating: 0, count: 50)))
        }
        // Each is the one that is spared equally often, within five standard errors.
        let mean = 10_000 / Double(n) + 1
        #expect(free.allSatisfy { abs(Double($0) - mean) < 5 * mean.squareRoot() + 3 })
    }

    @Test func `does nothing by an action that is not available, and says so`() throws {
        let vector = try make(["n": 501, "masked": 0.5])
        let pendulum = try Catalogue.worlds.spec("Pendulum-v1").make()
        let torques = try torques(vector)
        var random = RandomGenerator(seed: 4)
        try vector.reset(seed: 6)
        try pendulum.reset(seed: 6)
        #expect(vector.info(0)["invalid_action"] == false)
        var invalid = 0
        for _ in 0..<199 {
            let mask = vector.actionMasks
            #expect(vector.info(0)["action_mask"] == .integers(mask.map { $0 ? 1 : 0 }))
            let action = random.integers(0, 501)
            try vector.step(.int64([Int64(action)]))
            try pendulum.step(.float32([mask[action] ? torques[action] : 0]))
            #expect(vector.observations == pendulum.observations && vector.rewards == pendulum.rewards)
            #expect(vector.info(0)["invalid_action"] == .bool(!mask[action]))
            invalid += mask[action] ? 0 : 1
        }
        #expect((60...140).contains(invalid))
    }

    @Test func `keeps its mask in snapshots`() throws {
        let (vector, other) = (try make(["masked": 0.8], count: 2), try make(["masked": 0.8], count: 2))
        try vector.reset(seed: 1)
        try other.reset(seed: 2)
        try vector.step(.int64([5, 6]))
        var writer = StateWriter()
        vector.save(to: &writer)
        var reader = StateReader(writer.bytes)
        try other.restore(from: &reader)
        #expect(other.actionMasks == vector.actionMasks && other.info(1) == vector.info(1))
        for action in 0..<20 as Range<Int64> {
            try vector.step(.int64([action, action]))
            try other.step(.int64([action, action]))
            #expect(other.actionMasks == vector.actionMasks && other.observations == vector.observations)
        }
    }

    @Test(arguments: [0.0, 0.9]) func `its expert takes the nearest torque that is available`(_ masked: Double) throws {
        let kwargs: Value = ["n": 1_000, "masked": .double(masked)]
        let spec = try Catalogue.worlds.spec("DiscretizedPendulum-v0")
        let expert = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec, kwargs: kwargs)
        let pendulum = try Catalogue.worlds.spec("Pendulum-v1")
        let ideal = try Catalogue.worlds.expert("pendulum-grid", for: pendulum).make(for: pendulum)
        let vector = try make(kwargs, count: 20)
        let torques = try torques(vector)
        try vector.reset(seed: 9)
        for _ in 0..<100 {
            let masks = vector.actionMasks
            let wanted = Float.array(of: ideal.act(vector.observations, rows: 20, masks: []))
            let actions = expert.act(vector.observations, rows: 20, masks: masks)
            for row in 0..<20 {
                let distances = torques.indices.map { action in
                    masks.isEmpty || masks[row * 1_000 + action] ? abs(torques[action] - wanted[row]) : .infinity
                }
                let least = distances.min() ?? 0
                #expect(distances[Int(actions.integer(row))] - least < 1e-6)
            }
            try vector.step(actions)
        }
    }
}
