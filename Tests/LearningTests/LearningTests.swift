import Gym
import Learning
import Testing

/// What is learned in small worlds, judged exactly or on fresh seeds.
@Suite struct LearningTests {
    @Test(arguments: [1, 3])
    func `truncation bootstraps, termination does not`(_ nStep: Int) throws {
        let changes: Value = [
            "discount": 0.5, "n_step": .int(Int64(nStep)), "hidden_sizes": [], "learning_rate": 0.01,
            "reward_scaling": false, "learning_starts": 32, "batch_size": 32,
        ]
        let state = Lanes.int64([0])
        var random = RandomGenerator(seed: 0)
        // Cut short after every second step: worth 1 / (1 - 0.5) all the same.
        let cut = try Treadmill.request(end: nil, limit: 2).trained(changes, steps: 3_000)
        #expect(abs(try cut.learner.policy.decide(state, rows: 1, random: &random).stateValues[0] - 2) < 0.02)
        // Over after one step: worth the one reward.
        let over = try Treadmill.request(end: 1, limit: 2).trained(changes, steps: 3_000)
        #expect(abs(try over.learner.policy.decide(state, rows: 1, random: &random).stateValues[0] - 1) < 0.02)
    }

    @Test func `goes on green and waits on red`() throws {
        let request = try EnvironmentRequest.world("Crossing-v0")
        let training = try request.trained(steps: 4_000)
        let value = try #require(try ExactValue.of(training.policy, in: request))
        #expect(abs(value - 50) < 1e-9)
    }

    @Test func `finds the way along the cliff`() throws {
        let request = try EnvironmentRequest.world("CliffWalking-v1")
        let training = try request.trained(["hidden_sizes": [64], "batch_size": 32], steps: 20_000)
        try training.decide()
        #expect(try ExactValue.of(training.policy, in: request) == -13)
    }

    @Test func `balances the pole to its target and stops there`() throws {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let request = TrainingRequest(
            environment: environment, budget: .init(steps: 50_000), targetReturn: 475, evaluationInterval: 2_000,
            seed: 3)
        let training = try Training(request, try environment.learner(seed: 3), now: { 0 })
        var judgements: [TrainingEvent.Judgement] = []
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            for case .evaluation(let judgement) in events { judgements.append(judgement) }
        }
        #expect(training.isTargetReached && training.isFinished)
        #expect(judgements.suffix(2).allSatisfy { $0.evaluation.mean >= 475 })
        #expect(judgements.allSatisfy { $0.evaluation.returns.count == 100 })
        #expect(Set(judgements.flatMap(\.evaluation.seeds)).count == 100 * judgements.count)
        try training.decide()
        var random = RandomGenerator(seed: 0)
        let fresh = try Evaluation(
            of: training.policy, in: environment, seeds: (0..<200).map { 1_000_000 + $0 }, random: &random)
        #expect(fresh.mean >= 475)
    }

    @Test func `swings the pendulum up with a torque in bins`() throws {
        let request = try EnvironmentRequest.world("Pendulum-v1")
        let training = try request.trained(steps: 12_000)
        var random = RandomGenerator(seed: 0)
        let evaluation = try Evaluation(
            of: training.policy, in: request, seeds: (0..<100).map { 1_000_000 + $0 }, random: &random)
        #expect(evaluation.mean > -250)
    }

    @Test(arguments: [(2, 5), (6, 5)])
    func `learns joint and separate components alike`(_ lanes: Int, _ count: Int) throws {
        let request = Echo.request(lanes: lanes, count: count)
        let training = try request.trained(
            ["exploration": ["steps": 2_000], "reward_scaling": false], steps: 6_000, evaluationInterval: 2_000)
        // The nearest of five values is 1/16 away on average, any of them 0.37.
        #expect(try #require(training.evaluation).mean > -0.12)
        var random = RandomGenerator(seed: 0)
        let chance = try Evaluation(
            ofRandomIn: request, form: training.learner.network.action, seeds: Array(0..<400), random: &random)
        #expect(abs(chance.mean + 0.375) < 0.03)
    }

    @Test(arguments: ["adam", "rmsprop", "sgd"])
    func `learns with every optimizer`(_ optimizer: String) throws {
        let training = try Echo.request(lanes: 1, count: 5).trained(
            [
                "optimizer": .string(optimizer), "learning_rate": optimizer == "sgd" ? 0.05 : 0.001, "n_step": 1,
                "exploration": ["steps": 1_000], "reward_scaling": false,
            ], steps: 4_000, evaluationInterval: 1_000)
        #expect(try #require(training.evaluation).mean > -0.15)
    }

    @Test func `learns from prioritized replay, with a copied target and squared errors`() throws {
        let request = try EnvironmentRequest.world("FrozenLake-v1", kwargs: ["is_slippery": false])
        let training = try request.trained(
            [
                "replay": "prioritized", "target_update": ["tau": 1, "period": 100], "loss": "squared_error",
                "replay_capacity": 2_000,
            ], steps: 10_000)
        #expect(try ExactValue.of(training.policy, in: request) == 1)
    }

    @Test func `what is not allowed is never done, and not wanted either`() throws {
        let training = try Training(
            TrainingRequest(environment: Doors.request, numEnvs: 4, budget: .init(steps: 6_000)),
            try Doors.request.learner(), now: { 0 })
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            for case .episode(let episode) in events { #expect(episode.episodeReturn >= 0) }
        }
        var random = RandomGenerator(seed: 0)
        let rooms = Lanes.int64((0..<Int64(Doors.rooms)).map(\.self))
        let unmasked = try training.policy.act(rooms, rows: Doors.rooms, random: &random)
        for room in 0..<Doors.rooms { #expect(unmasked.integer(room) == Int64(Doors.best(in: room))) }
    }
}
