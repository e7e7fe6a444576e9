import Environments
import Gym
import Learning
import Testing

/// What is learned from those who know, in small worlds, judged exactly or on fresh seeds.
@Suite struct ImitativeLearningTests {
    private func train(
        _ environment: EnvironmentRequest?, _ phases: [Phase], _ demonstrations: [Trajectory] = [], _ learner: Learner,
        numEnvs: Int? = nil
    ) throws -> Training {
        let training = try Training(
            TrainingRequest(
                environment: environment, numEnvs: numEnvs, phases: phases, demonstrations: demonstrations,
                evaluationInterval: 5_000, evaluationEpisodes: 20), learner, now: { 0 })
        while try !training.next().isEmpty {}
        return training
    }

    private func mean(_ policy: Policy, in environment: EnvironmentRequest, episodes: Int = 100) throws -> Double {
        try Evaluation(of: policy as any Expert, in: environment, seeds: (0..<episodes).map { 1_000_000 + UInt64($0) })
            .mean
    }

    @Test func `clones the expert of the mountain car from twenty episodes`() throws {
        let environment = try EnvironmentRequest.world("MountainCar-v0")
        let shown = try environment.demonstrations(of: environment.expert(), seeds: 0..<20)
        let training = try train(
            nil, [Phase(.crossEntropy, budget: .init(updates: 3_000))], shown, try environment.learner())
        #expect(try mean(training.policy, in: environment) >= -105)
    }

    @Test func `asks the expert of the pole where it comes itself`() throws {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let expert = try environment.expert()
        let training = try train(
            environment, [Phase(.dagger, budget: .init(steps: 3_000), expert: expert)], [], try environment.learner())
        #expect(try mean(training.learner.policy, in: environment) >= 475)
    }

    @Test func `ends above a teacher who errs`() throws {
        // Half of what it does is by chance, and it falls off the cliff now and then.
        let environment = try EnvironmentRequest.world("CliffWalking-v1")
        let shown = try environment.demonstrations(of: environment.expert(), seeds: 0..<10, exploration: 0.5)
        let teacher = shown.map(\.episodeReturn).reduce(0, +) / 10
        #expect(teacher < -100)
        let training = try train(
            environment, [Phase(.margin, budget: .init(updates: 500)), Phase(.q, budget: .init(steps: 10_000))], shown,
            try environment.learner(["hidden_sizes": [64], "batch_size": 32]))
        try training.decide()
        #expect(try ExactValue.of(training.policy, in: environment) == -13)
    }

    /// To the fourth place in the row, and stays there.
    private static let settler = Walker(actions: [2, 2, 2, 1, 0, 0, 0, 0])

    private func imitate(
        _ method: Phase.Method, steps: Int, _ reward: @escaping @Sendable (Int, Int) -> Double
    ) throws -> Training {
        let environment = Row.request(reward)
        return try train(
            environment, [Phase(method, budget: .init(steps: steps))],
            try environment.demonstrations(of: Self.settler, seeds: 0..<10),
            try environment.learner([
                "hidden_sizes": [32], "batch_size": 32, "learning_starts": 100,
                "adversarial": ["hidden_sizes": [32]],
            ]))
    }

    @Test(arguments: [Phase.Method.sqil, .gail, .airl])
    func `what is adversarial never sees a reward`(_ method: Phase.Method) throws {
        let trainings = [
            try imitate(method, steps: 1_000) { _, _ in 0 },
            try imitate(method, steps: 1_000) { place, action in Double(1_000 * place - 7 * action) },
            try imitate(method, steps: 1_000) { _, _ in .nan },
        ]
        let first = trainings[0].checkpoint
        #expect(trainings[0].updates > 400)
        for other in trainings.dropFirst() {
            let checkpoint = other.checkpoint
            for name in ["parameters", "target", "adversary.parameters", "replay.choices", "random"] {
                #expect(checkpoint["learner.\(name)"] == first["learner.\(name)"], "\(name)")
            }
            // Nor does what is kept, which is chosen by what it does.
            #expect(other.policy.updates == trainings[0].policy.updates)
            try other.decide()
            #expect(other.policy.updates == trainings[0].policy.updates)
        }
    }

    @Test func `keeps the policy of sqil that is most like what was shown`() throws {
        let environment = Row.request { _, _ in 0 }
        let shown = try environment.demonstrations(of: Self.settler, seeds: 0..<10)
        let training = try Training(
            TrainingRequest(
                environment: environment, phases: [Phase(.sqil, budget: .init(steps: 2_000))], demonstrations: shown,
                evaluationInterval: 50, evaluationEpisodes: 1, seed: 3),
            try environment.learner(["hidden_sizes": [32], "learning_starts": 100, "learning_rate": 0.05]), now: { 0 })
        func likeness(_ policy: Policy) throws -> Double {
            var (same, steps) = (0, 0)
            for episode in shown {
                let rows = episode.length
                let actions = policy.act(episode.observations.rows(0..<rows, width: 1), rows: rows, masks: [])
                same += (0..<rows).count { actions.integer($0) == episode.actions.integer($0) }
                steps += rows
            }
            return Double(same) / Double(steps)
        }
        var (best, kept) = (0.0, 0)
        var seen: [Double] = []
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            let isJudged = events.contains { if case .evaluation = $0 { true } else { false } }
            guard isJudged else { continue }
            seen.append(try likeness(training.learner.policy))
            // Of as good ones the last.
            if seen.last ?? 0 >= best { (best, kept) = (seen.last ?? 0, training.learner.updates) }
        }
        try training.decide()
        #expect(seen.count >= 20 && Set(seen).count > 1)
        #expect(training.policy.updates == kept)
        #expect(try likeness(training.policy) >= best)
    }

    @Test(arguments: [Phase.Method.sqil, .gail, .airl])
    func `does as the expert does without its reward`(_ method: Phase.Method) throws {
        let training = try imitate(method, steps: method == .sqil ? 3_000 : 12_000) { _, _ in .nan }
        var random = RandomGenerator(seed: 0)
        let places = Lanes.int64((0..<Int64(Row.places)).map(\.self))
        let actions = try training.policy.act(places, rows: Row.places, random: &random)
        #expect(actions == .int64(Self.settler.actions.map { Int64($0) }))
    }
}
