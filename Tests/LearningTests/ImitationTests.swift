import Environments
import Gym
import Learning
import Testing

/// Updates from what was shown, number for number, against PyTorch. Each kind of row of a batch has one step to be drawn
/// from, so that every batch is the same.
@Suite struct ImitationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var phases: [Phase]
        var action = Space.discrete(Discrete(4))
        /// What was shown: nothing, or one step.
        var shown: (action: [Int64], reward: Double, ends: Bool)?
        var isMasked = false
        /// What each step in the world gives, where there is one.
        var world: (reward: Double, ends: Bool)?
        var changes: Value = [:]
        let parameters: [Float]
        var target: [Float]?
    }

    private static let two = Space.multiDiscrete(MultiDiscrete([23, 24]))
    private static let weights: Value = ["imitation": ["weight": 0.5, "margin": 0.8, "decay": 0.2]]
    private static let all: Value = [
        "imitation": ["weight": 0.5, "margin": 0.8, "decay": 0.2, "filter": false, "loss": "cross_entropy"]
    ]
    private static let own: Value = ["imitation": ["weight": 0.5, "margin": 0.8, "decay": 0.2, "self": true]]

    private static func imitate(_ method: Phase.Method, _ updates: Int, weight: Double = 0.5) -> [Phase] {
        // Here nothing decays, and nothing is filtered: there is nothing better to go by.
        [
            Phase(
                method, budget: .init(updates: updates),
                hyperparameters: ["imitation": ["weight": .double(weight), "margin": 0.8, "decay": 0]])
        ]
    }

    /// With a batch of four the fourth step pays for the first update.
    private static func act(_ method: Phase.Method) -> [Phase] { [Phase(method, budget: .init(steps: 4))] }

    static let cases = [
        Case(
            testDescription: "margin beside the error of Q", phases: imitate(.margin, 100), shown: ([2], 0.5, false),
            parameters: ImitationReference.marginParameters, target: ImitationReference.marginTarget),
        Case(
            testDescription: "margin where nothing comes after", phases: imitate(.margin, 50), shown: ([2], 0.5, true),
            parameters: ImitationReference.marginEndedParameters, target: ImitationReference.marginEndedTarget),
        Case(
            testDescription: "margin among what is allowed", phases: imitate(.margin, 50), shown: ([2], 0.5, false),
            isMasked: true, parameters: ImitationReference.marginMaskedParameters,
            target: ImitationReference.marginMaskedTarget),
        Case(
            testDescription: "margin of two components", phases: imitate(.margin, 50), action: two,
            shown: ([2, 17], 0.5, false), parameters: ImitationReference.marginComponentsParameters,
            target: ImitationReference.marginComponentsTarget),
        Case(
            testDescription: "conservative Q-learning", phases: imitate(.cql, 50), shown: ([2], 0.5, false),
            parameters: ImitationReference.conservativeParameters, target: ImitationReference.conservativeTarget),
        Case(
            testDescription: "behaviour cloning", phases: imitate(.crossEntropy, 100, weight: 0.7),
            shown: ([2], 0.5, false), parameters: ImitationReference.clonedParameters),
        Case(
            testDescription: "behaviour cloning among what is allowed",
            phases: imitate(.crossEntropy, 50, weight: 0.7), shown: ([2], 0.5, true), isMasked: true,
            parameters: ImitationReference.clonedMaskedParameters),
        Case(
            testDescription: "behaviour cloning of two components",
            phases: imitate(.crossEntropy, 50, weight: 0.7), action: two, shown: ([2, 17], 0.5, false),
            parameters: ImitationReference.clonedComponentsParameters),
        Case(
            testDescription: "labels, of which Q learns nothing",
            phases: [Phase(.dagger, budget: .init(steps: 1), expert: Walker(actions: [2]))] + imitate(.margin, 50),
            world: (0.5, true), changes: ["train_frequency": 100],
            parameters: ImitationReference.labelledParameters, target: ImitationReference.labelledTarget),
        Case(
            testDescription: "beside reinforcement, for what returned more than expected", phases: act(.q),
            shown: ([1], 0.85, true), world: (0.5, true), changes: weights,
            parameters: ImitationReference.besideParameters, target: ImitationReference.besideTarget),
        Case(
            testDescription: "not for what returned less", phases: act(.q), shown: ([1], 0.75, true),
            world: (0.5, true), changes: weights, parameters: ImitationReference.besideWorseParameters,
            target: ImitationReference.besideWorseTarget),
        Case(
            testDescription: "for that too where nothing is filtered, by cross entropy", phases: act(.q),
            shown: ([1], 0.75, true), world: (0.5, true), changes: all,
            parameters: ImitationReference.besideUnfilteredParameters,
            target: ImitationReference.besideUnfilteredTarget),
        Case(
            testDescription: "for one's own that returned more", phases: act(.q), shown: ([1], 0.75, true),
            world: (0.85, true), changes: own, parameters: ImitationReference.besideSelfParameters,
            target: ImitationReference.besideSelfTarget),
        Case(
            testDescription: "but not for one's own that did not", phases: act(.q), shown: ([1], 0.85, true),
            world: (0.5, true), changes: own, parameters: ImitationReference.besideParameters,
            target: ImitationReference.besideTarget),
        Case(
            testDescription: "soft Q imitation learning, whatever the rewards", phases: act(.sqil),
            shown: ([1], 7, false), world: (-7, false), changes: ["adversarial": ["reward_scale": 0.25]],
            parameters: ImitationReference.softParameters, target: ImitationReference.softTarget),
    ]

    private func learner(_ test: Case) throws -> Learner {
        let observation = Once.observationSpace
        var hyperparameters = Hyperparameters(observation: observation, action: test.action)
        try hyperparameters.apply([
            "hidden_sizes": [5], "batch_size": 4, "learning_starts": 1, "train_frequency": 1, "learning_rate": 0.05,
            "learning_rate_decay": 1, "optimizer": "sgd", "momentum": 0, "gradient_clip": 1_000_000, "discount": 0.9,
            "n_step": 1, "reward_scaling": false, "observation_normalization": false, "target_update": ["tau": 0.25],
            "exploration": ["final": 0],
        ])
        try hyperparameters.apply(test.changes)
        var learner = try Learner(
            observation: observation, action: test.action, hyperparameters: hyperparameters, isMasked: test.isMasked,
            seed: 0)
        var tensors = learner.checkpoint.tensors
        let count = tensors["parameters"]?.count ?? 0
        tensors["parameters"] = Tensor(sequence(count, 1))
        tensors["target"] = Tensor(sequence(count, 2))
        try learner.restore(from: Checkpoint(tensors))
        return learner
    }

    @Test(arguments: cases)
    func `agrees with PyTorch`(_ test: Case) throws {
        let demonstrations = test.shown.map { shown in
            Trajectory(
                observations: .float32(sequence(6, 3)), actions: .int64(shown.action), rewards: [shown.reward],
                terminations: [shown.ends], truncations: [!shown.ends],
                masks: test.isMasked ? [true, false, true, true, false, true, true, false] : [])
        }
        let request = TrainingRequest(
            environment: test.world.map { Once.request(reward: $0.reward, ends: $0.ends) }, phases: test.phases,
            demonstrations: demonstrations.map { [$0] } ?? [], evaluationEpisodes: 1)
        let training = try Training(request, try learner(test), now: { 0 })
        while try !training.next().isEmpty {}
        #expect(training.updates == (test.world == nil ? training.phase.budget?.updates : test.shown == nil ? 50 : 1))
        let checkpoint = training.checkpoint
        for (name, expected) in [("parameters", test.parameters), ("target", test.target)] {
            guard let expected else { continue }
            let found = try #require(checkpoint["learner.\(name)"]?.floats)
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-5 }, "\(name)")
        }
    }
}
