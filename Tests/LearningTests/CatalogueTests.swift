import Gym
import Learning
import Testing

/// Actions that come and go while an agent learns about them.
@Suite struct CatalogueTests {
    private static let seen = Space.box(Box(low: [-1, -1], high: [1, 1], shape: [2], dtype: .float32))

    private func features(_ count: Int) -> ActionFeatures {
        ActionFeatures(width: 3, values: (0..<3 * count).map { Float(($0 * 7919) % 101) / 50 - 1 })
    }

    private func hyperparameters(_ action: Space) throws -> Hyperparameters {
        var hyperparameters = Hyperparameters(observation: Self.seen, action: action)
        try hyperparameters.apply(["hidden_sizes": [16], "learning_starts": 32, "batch_size": 32, "candidates": 64])
        return hyperparameters
    }

    private func learner(_ count: Int) throws -> Learner {
        let action = Space.discrete(Discrete(count))
        return try Learner(
            observation: Self.seen, action: action, hyperparameters: hyperparameters(action),
            features: features(count), isMasked: false, seed: 3)
    }

    private func observe(_ learner: inout Learner, _ actions: Range<Int>) throws {
        let rows = 64
        let states = (0..<2 * rows).map { Float(($0 * 31) % 41) / 20 - 1 }
        try learner.observe(
            Transitions(
                observations: .float32(states),
                actions: .int64((0..<rows).map { Int64(actions.lowerBound + $0 % actions.count) }),
                rewards: (0..<rows).map { Double($0 % 3) }, nextObservations: .float32(states.reversed()),
                terminated: Array(repeating: true, count: rows), truncated: Array(repeating: false, count: rows),
                episodeIDs: (0..<rows).map(String.init)))
        while learner.pendingUpdates > 0 { learner.update(progress: 0) }
    }

    private func actions(_ policy: Policy, deterministic: Bool = true) throws -> [Int64] {
        var random = RandomGenerator(seed: 9)
        let states = Lanes.float32((0..<800).map { Float(($0 * 17) % 43) / 21 - 1 })
        guard
            case .int64(let actions) = try policy.act(states, rows: 400, deterministic: deterministic, random: &random)
        else { return [] }
        return actions
    }

    @Test(arguments: [(20, 40), (20, 100), (100, 300)]) func `more actions are learned of where fewer were`(
        _ before: Int, _ after: Int
    ) throws {
        var grown = try learner(before)
        try observe(&grown, 0..<before)
        let (checkpoint, policy) = (grown.checkpoint, grown.policy.checkpoint)
        grown.replace(features: features(after))

        // As one that begins with all of them and goes on from what was kept of the few.
        var other = try learner(after)
        #expect(grown.network == other.network)
        try other.restore(from: checkpoint)
        #expect(other.transitions == 64 && other.updates == grown.updates)
        let made = try Policy(other.network, other.hyperparameters, from: policy)
        #expect(try actions(made) == actions(grown.policy))
        #expect(try actions(other.policy) == actions(grown.policy))

        for learner in [grown, other] {
            var learner = learner
            let weights = learner.policy.checkpoint
            try observe(&learner, before..<after)
            #expect(learner.transitions == 128 && learner.policy.checkpoint != weights)
            #expect(try actions(learner.policy, deterministic: false).contains { $0 >= before })
        }
    }

    @Test func `what is withdrawn is not chosen, and what is back is`() throws {
        var learner = try learner(30)
        try observe(&learner, 0..<30)
        let favourite = try #require(try actions(learner.policy).first)
        var known = features(30)
        known.withdraw(Int(favourite))
        let policy = learner.policy.with(known)
        #expect(try !actions(policy).contains(favourite))
        #expect(try !actions(policy, deterministic: false).contains(favourite))
        #expect(try actions(policy.with(features(30))) == actions(learner.policy))
    }

    @Test func `what was done with actions that have become others is not learned from`() throws {
        var learner = try learner(40)
        try observe(&learner, 0..<40)
        var known = features(40)
        // The first a little other, the last quite others, and one more.
        known.set(0, to: known.values[0..<3].map { $0 + 0.01 })
        for member in 20..<40 { known.set(member, to: known.values[3 * member..<3 * member + 3].map { 1 - $0 }) }
        known.set(40, to: [0, 0, 0])
        let before = learner.checkpoint
        learner.replace(features: known)
        // The same where it is kept meanwhile.
        let action = Space.discrete(Discrete(41))
        var kept = try Learner(
            observation: Self.seen, action: action, hyperparameters: hyperparameters(action), features: known,
            isMasked: false, seed: 3)
        try kept.restore(from: before)
        for learner in [learner, kept] {
            let (choices, isReady) = (
                try #require(learner.checkpoint["replay.choices"]?.int64s),
                try #require(learner.checkpoint["replay.is_ready"]?.bools)
            )
            #expect(isReady == choices.map { $0 < 20 } && isReady.contains(false))
            #expect(learner.isReady)
        }
        learner.update(progress: 0)

        // Of all of them nothing is left to learn from until more is done.
        learner.replace(features: ActionFeatures(width: 3, values: known.values.map { 5 - $0 }))
        #expect(!learner.isReady && learner.pendingUpdates == 0)
        try observe(&learner, 0..<40)
        #expect(learner.isReady)
    }

    @Test func `what an expert did with actions that have become others is not imitated`() throws {
        var learner = try learner(40)
        try learner.show([
            Trajectory(
                observations: .float32((0..<130).map { Float($0) / 130 }), actions: .int64((0..<64).map { $0 % 40 }),
                rewards: Array(repeating: 1, count: 64), terminations: Array(repeating: false, count: 64),
                masks: [])
        ])
        #expect(learner.exploration < 0.5)
        learner.replace(features: ActionFeatures(width: 3, values: features(40).values.map { 5 - $0 }))
        #expect(learner.exploration == 1)
    }
}
