import Gym
import Learning
import Testing

/// One update, number for number, against PyTorch.
@Suite struct UpdateTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var nStep = 2
        var steps = 2
        var isTruncated = false
        var isTerminated = false
        var isDouble = true
        var masks: [Bool] = []
        let secondAction: Int
        let parameters: [Float]
        let target: [Float]
    }

    static let cases = [
        Case(
            testDescription: "one step", nStep: 1, steps: 1, secondAction: UpdateReference.oneStepSecondAction,
            parameters: UpdateReference.oneStepParameters, target: UpdateReference.oneStepTarget),
        Case(
            testDescription: "two steps", secondAction: UpdateReference.twoStepsSecondAction,
            parameters: UpdateReference.twoStepsParameters, target: UpdateReference.twoStepsTarget),
        Case(
            testDescription: "without double Q", isDouble: false, secondAction: UpdateReference.notDoubleSecondAction,
            parameters: UpdateReference.notDoubleParameters, target: UpdateReference.notDoubleTarget),
        Case(
            testDescription: "terminated: nothing beyond", steps: 1, isTerminated: true,
            secondAction: UpdateReference.endedSecondAction, parameters: UpdateReference.endedParameters,
            target: UpdateReference.endedTarget),
        Case(
            testDescription: "truncated: the last state counts", steps: 1, isTruncated: true,
            secondAction: UpdateReference.oneStepSecondAction, parameters: UpdateReference.oneStepParameters,
            target: UpdateReference.oneStepTarget),
        Case(
            testDescription: "masked",
            masks: [true, false, true, true, false, true, true, false, true, true, false, true],
            secondAction: UpdateReference.maskedSecondAction, parameters: UpdateReference.maskedParameters,
            target: UpdateReference.maskedTarget),
    ]

    private func learner(_ test: Case) throws -> Learner {
        let observation = Space.box(Box(low: -1, high: 1, shape: [3]))
        let action = Space.discrete(Discrete(4))
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply([
            "hidden_sizes": [5], "batch_size": 1, "learning_starts": 1, "learning_rate": 0.01, "discount": 0.9,
            "n_step": .int(Int64(test.nStep)), "double_q": .bool(test.isDouble), "reward_scaling": false,
            "observation_normalization": false, "target_update": ["tau": 0.25],
        ])
        var learner = try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: !test.masks.isEmpty,
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
        var learner = try learner(test)
        let states = sequence(9, 3)
        for step in 0..<test.steps {
            func row(_ index: Int) -> [Float] { Array(states[3 * index..<3 * index + 3]) }
            func mask(_ index: Int) -> [Bool] { test.masks.isEmpty ? [] : Array(test.masks[4 * index..<4 * index + 4]) }
            try learner.observe(
                Transitions(
                    observations: .float32(row(step)), actions: .int64([step == 0 ? 2 : Int64(test.secondAction)]),
                    rewards: [step == 0 ? 0.5 : -2], nextObservations: .float32(row(step + 1)),
                    terminated: [test.isTerminated], truncated: [test.isTruncated], episodeIDs: ["a"],
                    masks: mask(step), nextMasks: mask(step + 1)))
        }
        learner.update(progress: 0)
        let checkpoint = learner.checkpoint
        for (name, expected) in [("parameters", test.parameters), ("target", test.target)] {
            let found = try #require(checkpoint[name]?.floats)
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name)")
        }
    }

    @Test func `a step that the learner would not have made ends the sum of rewards before it`() throws {
        let twoSteps = Self.cases[1]
        var other = twoSteps
        other = Case(
            testDescription: "", secondAction: (twoSteps.secondAction + 1) % 4, parameters: [], target: [])
        var learner = try learner(other)
        let states = sequence(9, 3)
        try learner.observe(
            Transitions(
                observations: .float32(Array(states[0..<6])), actions: .int64([2, Int64(other.secondAction)]),
                rewards: [0.5, -2], nextObservations: .float32(Array(states[3..<9])), terminated: [false, false],
                truncated: [false, false], episodeIDs: ["a", "a"]))
        learner.update(progress: 0)
        let found = try #require(learner.checkpoint["parameters"]?.floats)
        #expect(zip(found, UpdateReference.oneStepParameters).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func `the decay of the learning rate goes by the progress of the training`() throws {
        var (early, late) = (try learner(Self.cases[0]), try learner(Self.cases[0]))
        let states = sequence(6, 3)
        let transitions = Transitions(
            observations: .float32(Array(states[0..<3])), actions: .int64([2]), rewards: [0.5],
            nextObservations: .float32(Array(states[3..<6])), terminated: [false], truncated: [false],
            episodeIDs: ["a"])
        try early.observe(transitions)
        try late.observe(transitions)
        early.update(progress: 0)
        late.update(progress: 1)
        let start = sequence(early.checkpoint["parameters"]?.count ?? 0, 1)
        func distance(_ learner: Learner) -> Float {
            zip(learner.checkpoint["parameters"]?.floats ?? [], start).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        #expect(abs(distance(late) / distance(early) - 0.1) < 0.01)
    }
}
