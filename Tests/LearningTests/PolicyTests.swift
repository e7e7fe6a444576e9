import Gym
import Learning
import Testing

@Suite struct PolicyTests {
    @Test func `a mask is obeyed, when acting for the best and when exploring`() throws {
        let request = Echo.request(lanes: 6, count: 4)
        let policy = try request.learner().policy
        var random = RandomGenerator(seed: 1)
        for _ in 0..<200 {
            let rows = 5
            let observations = Lanes.float32((0..<rows * 6).map { _ in random.randomFloat() })
            var masks = (0..<rows * 24).map { _ in random.random() < 0.4 }
            for component in 0..<rows * 6 { masks[component * 4 + random.integers(0, 4)] = true }
            for deterministic in [true, false] {
                let actions = try policy.act(
                    observations, rows: rows, masks: masks, deterministic: deterministic, random: &random)
                for lane in 0..<rows * 6 { #expect(masks[lane * 4 + Int(actions.integer(lane))]) }
            }
        }
    }

    @Test func `as an expert it does what it thinks best, and obeys masks`() throws {
        let policy = try Echo.request(lanes: 6, count: 4).learner(["exploration": ["initial": 1.0]]).policy
        let expert: any Expert = policy
        var random = RandomGenerator(seed: 1)
        let observations = Lanes.float32((0..<6 * 200).map { _ in random.randomFloat() })
        let masks = (0..<24 * 200).map { $0 % 4 != 2 }
        for masks in [[], masks] {
            let best = try policy.act(observations, rows: 200, masks: masks, random: &random)
            #expect(expert.act(observations, rows: 200, masks: masks) == best)
        }
    }

    @Test func `the ranking is every allowed action, best first`() throws {
        let policy = try Echo.request(lanes: 6, count: 3).learner(["exploration": ["initial": 0.3]]).policy
        var random = RandomGenerator(seed: 1)
        // All of the first three lanes, one of the rest.
        let masks = Array(repeating: true, count: 9) + [true, false, false, false, true, false, false, false, true]
        let decisions = try policy.decide(.float32([0, 1, 0, 1, 0, 1]), rows: 1, masks: masks, random: &random)
        let ranking = policy.ranking(decisions, row: 0, count: 100)
        #expect(ranking.count == 27)
        #expect(zip(ranking, ranking.dropFirst()).allSatisfy { $0.score >= $1.score })
        #expect(Set(ranking.map { "\($0.action)" }).count == 27)
        #expect(
            ranking.allSatisfy { $0.action.integer(3) == 0 && $0.action.integer(4) == 1 && $0.action.integer(5) == 2 })
        #expect(ranking[0].action == decisions.actions)
        #expect(abs(ranking.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
    }

    @Test func `a mask over components holds for their product`() throws {
        let request = Echo.request(lanes: 2, count: 3)
        let policy = try request.learner().policy
        var random = RandomGenerator(seed: 1)
        for _ in 0..<100 {
            let actions = try policy.act(
                .float32([0.5, 0.5]), rows: 1, masks: [false, true, true, true, false, true], deterministic: false,
                random: &random)
            #expect(actions.integer(0) != 0 && actions.integer(1) != 1)
        }
    }

    @Test func `a mask that allows nothing, or is too short, is refused`() throws {
        let policy = try Echo.request(lanes: 1, count: 3).learner().policy
        var random = RandomGenerator(seed: 1)
        for (masks, row) in [(Array(repeating: true, count: 3) + Array(repeating: false, count: 3), 1), ([true], 0)] {
            #expect {
                try policy.act(.float32([0, 0]), rows: 2, masks: masks, random: &random)
            } throws: {
                if case .invalidMask(row, _)? = $0 as? LearningError { true } else { false }
            }
        }
    }

    @Test func `details add up`() throws {
        let request = try EnvironmentRequest.world("CartPole-v1")
        let training = try request.trained(steps: 2_000)
        let policy = training.learner.policy
        var random = RandomGenerator(seed: 1)
        let observations = Lanes.float32((0..<200 * 4).map { _ in random.randomFloat() - 0.5 })
        let decisions = try policy.decide(observations, rows: 200, random: &random)
        for row in 0..<200 {
            let values = Array(decisions.values[2 * row..<2 * row + 2])
            // Of a dueling head the mean of Q is V.
            #expect(abs((values[0] + values[1]) / 2 - decisions.stateValues[row]) < 1e-2)
            let best = values[1] > values[0] ? 1 : 0
            #expect(decisions.choices[row] == Int32(best) && decisions.actions.integer(row) == Int64(best))
            #expect(abs(decisions.probabilities[2 * row + best] - Float(1 - policy.exploration / 2)) < 1e-6)
            #expect(abs(decisions.probabilities[2 * row] + decisions.probabilities[2 * row + 1] - 1) < 1e-6)
        }
        // A pole that stands is worth 1 / (1 - 0.99) at best, and something after 2,000 steps.
        let upright = try policy.decide(.float32([0, 0, 0, 0]), rows: 1, random: &random)
        #expect(upright.stateValues[0] > 5 && upright.stateValues[0] < 110)
    }

    @Test func `the exploration policy explores as often as it says`() throws {
        let policy = try Echo.request(lanes: 1, count: 4).learner(["exploration": ["initial": 0.4]]).policy
        #expect(policy.exploration == 0.4)
        var random = RandomGenerator(seed: 1)
        let observations = Lanes.float32(Array(repeating: 0.3, count: 10_000))
        let best = try policy.act(.float32([0.3]), rows: 1, random: &random).integer(0)
        let actions = try policy.act(observations, rows: 10_000, deterministic: false, random: &random)
        let share = Double((0..<10_000).count { actions.integer($0) == best }) / 10_000
        #expect(abs(share - 0.7) < 0.02)
    }

    @Test func `does not change while its learner learns on, whoever asks it`() async throws {
        let request = try EnvironmentRequest.world("CartPole-v1")
        let training = try Training(
            TrainingRequest(environment: request, budget: .init(steps: 3_000)), try request.learner(), now: { 0 })
        while training.progress < 0.5 { _ = try training.next() }
        let policy = training.learner.policy
        var random = RandomGenerator(seed: 1)
        let observations = Lanes.float32((0..<64 * 4).map { _ in random.randomFloat() - 0.5 })
        let before = try policy.decide(observations, rows: 64, random: &random)
        while try !training.next().isEmpty {}
        #expect(training.learner.policy.updates > policy.updates)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var random = RandomGenerator(seed: 2)
                    for _ in 0..<50 {
                        let now = try policy.decide(observations, rows: 64, random: &random)
                        guard now.values == before.values && now.actions == before.actions else { return false }
                    }
                    return true
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    @Test func `goes through named tensors unchanged`() throws {
        let request = try EnvironmentRequest.world("Pendulum-v1")
        let training = try request.trained(steps: 1_500)
        let policy = training.learner.policy
        let copy = try Policy(policy.network, training.learner.hyperparameters, from: policy.checkpoint)
        var random = RandomGenerator(seed: 1)
        let observations = Lanes.float32((0..<30).map { _ in random.randomFloat() })
        let (left, right) = (
            try policy.decide(observations, rows: 10, random: &random),
            try copy.decide(observations, rows: 10, random: &random)
        )
        #expect(left.values == right.values && left.stateValues == right.stateValues)
        #expect(left.probabilities == right.probabilities && left.actions == right.actions)
        #expect(policy.checkpoint["layers.0.weight"]?.shape == [3, 128])
        #expect(copy.transitions == 1_500 && copy.updates == policy.updates)

        var other = try request.learner(seed: 7)
        other.adopt(copy)
        #expect(try other.policy.decide(observations, rows: 10, random: &random).values == left.values)
    }

    @Test func `refuses tensors of another network`() throws {
        let learner = try EnvironmentRequest.world("Pendulum-v1").learner()
        let other = try EnvironmentRequest.world("CartPole-v1").learner()
        var damaged = learner.policy.checkpoint.tensors
        damaged["layers.1.bias"] = Tensor([Float](repeating: .nan, count: 128))
        for checkpoint in [other.policy.checkpoint, Checkpoint(), Checkpoint(damaged)] {
            #expect {
                try Policy(learner.network, learner.hyperparameters, from: checkpoint)
            } throws: {
                if case .invalidCheckpoint? = $0 as? LearningError { true } else { false }
            }
        }
    }
}
