import Gym
import Learning
import Testing

/// Masks that come with observations, or within them.
@Suite struct MaskTests {
    private static let count = 5
    private static let seen = Space.box(Box(low: -1, high: 1, shape: [2]))

    private static func marked(_ mask: Space) -> Space {
        .dict(Dict([.init("action_mask", mask), .init("seen", seen)]))
    }

    private static let binary = marked(.multiBinary(MultiBinary(count)))
    private static let box = marked(.box(Box(low: 0, high: 1, shape: [count], dtype: .int8)))

    private func learner(_ observation: Space, isMasked: Bool = false) throws -> Learner {
        let action = Space.discrete(Discrete(Self.count))
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply(["hidden_sizes": [16], "learning_starts": 16, "batch_size": 16, "discount": 0.0])
        return try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: isMasked, seed: 1)
    }

    /// Rows of lanes of ``binary`` or ``box``: each allows one or two actions.
    private func rows(_ space: Space, _ count: Int) throws -> (lanes: Lanes, masks: [Bool]) {
        let layout = try #require(space.layout)
        var (lanes, masks) = (Lanes(layout.element, count: count * layout.count), [Bool]())
        for row in 0..<count {
            for action in 0..<Self.count {
                let isAllowed = action == row % Self.count || action == (row / 7) % Self.count
                lanes.set(row * layout.count + action, to: isAllowed ? 1.0 : 0)
                masks.append(isAllowed)
            }
            lanes.set(row * layout.count + Self.count, to: Double(row % 11) / 5 - 1)
            lanes.set(row * layout.count + Self.count + 1, to: Double(row % 13) / 6 - 1)
        }
        return (lanes, masks)
    }

    @Test(arguments: [binary, box]) func `a mask within an observation is heeded, not seen`(_ space: Space) throws {
        let learner = try learner(space)
        #expect(learner.isMasked && learner.network.observation.numbers == 2)
        #expect(learner.network.observation.categories.isEmpty)
        let (lanes, masks) = try rows(space, 200)
        var random = RandomGenerator(seed: 1)
        for deterministic in [true, false] {
            let actions = try learner.policy.act(lanes, rows: 200, deterministic: deterministic, random: &random)
            for row in 0..<200 { #expect(masks[row * Self.count + Int(actions.integer(row))]) }
        }
        // A request may forbid more.
        let given = (0..<200 * Self.count).map { $0 % Self.count == ($0 / Self.count) % Self.count }
        let actions = try learner.policy.act(lanes, rows: 200, masks: given, random: &random)
        for row in 0..<200 { #expect(Int(actions.integer(row)) == row % Self.count) }
        #expect(throws: LearningError.self) {
            try learner.policy.act(lanes, rows: 200, masks: given.map { !$0 && false }, random: &random)
        }
    }

    @Test func `a part of another size, or of other numbers, is seen`() throws {
        for space in [
            Self.marked(.multiBinary(MultiBinary(4))), Self.marked(.box(Box(low: -1, high: 1, shape: [Self.count]))),
            .dict(Dict([.init("mask", .multiBinary(MultiBinary(Self.count))), .init("seen", Self.seen)])),
        ] {
            #expect(try !learner(space).isMasked)
        }
        let error = #expect(throws: LearningError.self) {
            try learner(.dict(Dict([.init("action_mask", .multiBinary(MultiBinary(Self.count)))])))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("at least one lane"))
    }

    /// What is forbidden is told to be best by far, and is nowhere in the replay's maximum.
    @Test(arguments: [true, false]) func `what is observed with masks is learned with them`(_ isWithin: Bool) throws {
        let space = isWithin ? Self.binary : Self.seen
        var learner = try learner(space, isMasked: !isWithin)
        let (within, masks) = try rows(Self.binary, 64)
        let seen: [Float] = (0..<64).flatMap { (row: Int) -> [Float] in
            [Float(row % 11) / 5 - 1, Float(row % 13) / 6 - 1]
        }
        let lanes = isWithin ? within : Lanes.float32(seen)
        let actions = (0..<64).map { row in Int64((0..<Self.count).first { masks[row * Self.count + $0] } ?? 0) }
        let transitions = Transitions(
            observations: lanes, actions: .int64(actions), rewards: actions.map { Double($0) }, nextObservations: lanes,
            terminated: Array(repeating: false, count: 64), truncated: Array(repeating: true, count: 64),
            episodeIDs: Array(repeating: "", count: 64), masks: isWithin ? [] : masks, nextMasks: isWithin ? [] : masks)
        try learner.observe(transitions)
        while learner.pendingUpdates > 0 { learner.update(progress: 0) }
        #expect(learner.updates > 0)
        let kept = try #require(learner.checkpoint["replay.masks"])
        #expect(kept.count > 0)

        var wrong = transitions
        wrong.masks = Array(repeating: false, count: 64 * Self.count)
        #expect(throws: LearningError.self) { try learner.observe(wrong) }
        var after = transitions
        after.nextMasks = Array(repeating: false, count: 64 * Self.count)
        #expect(throws: LearningError.self) { try learner.observe(after) }
        after.terminated = Array(repeating: true, count: 64)
        try learner.observe(after)
    }

    @Test func `an agent without masks refuses them`() throws {
        var learner = try learner(Self.seen)
        let transitions = Transitions(
            observations: .float32([0, 0]), actions: .int64([0]), rewards: [0], nextObservations: .float32([0, 0]),
            terminated: [false], truncated: [false], episodeIDs: [""], masks: [true, true, true, true, true])
        let error = #expect(throws: LearningError.self) { try learner.observe(transitions) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("is_masked"))
    }
}
