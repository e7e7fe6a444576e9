import Gym
import Learning
import Testing

/// Every request that cannot be met is refused by name before anything is done.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let hint: String
        var phases = [Phase(.q)]
        var isShown = false
        var acts = true
        var change: @Sendable (inout TrainingRequest) -> Void = { _ in }
        var testDescription: String { "\(name): \(phases.map(\.method.rawValue))" }
    }

    private static let expert = Walker(actions: [0])

    static let cases: [Case] = [
        Case(name: "steps", hint: "at least 1", change: { $0.budget.steps = 0 }),
        Case(name: "episodes", hint: "at least 1", change: { $0.budget.episodes = 0 }),
        Case(name: "updates", hint: "at least 1", change: { $0.budget.updates = -1 }),
        Case(name: "seconds", hint: "more than 0", change: { $0.budget.seconds = 0 }),
        Case(name: "seconds", hint: "more than 0", change: { $0.budget.seconds = .nan }),
        Case(name: "phases", hint: "at least one", phases: []),
        Case(name: "phases/1/steps", hint: "at least 1", phases: [Phase(.q), Phase(.q, budget: .init(steps: 0))]),
        Case(name: "phases/0/episodes", hint: "at least 1", phases: [Phase(.q, budget: .init(episodes: 0))]),
        Case(name: "phases/0/updates", hint: "at least 1", phases: [Phase(.ppo, budget: .init(updates: 0))]),
        Case(name: "phases/0/seconds", hint: "more than 0", phases: [Phase(.dagger, budget: .init(seconds: -1))]),
        Case(
            name: "phases/0/steps", hint: "\"updates\"", phases: [Phase(.margin, budget: .init(steps: 5))],
            isShown: true),
        Case(
            name: "phases/1/episodes", hint: "\"updates\"",
            phases: [Phase(.q), Phase(.crossEntropy, budget: .init(episodes: 5, updates: 3))], isShown: true),
    ]

    /// What needs an environment to act in, and what needs demonstrations.
    static let needs: [Case] =
        [.dagger, .q, .ppo, .policyGradient, .sqil, .gail, .airl].map { method in
            Case(name: "env_id", hint: "environment", phases: [Phase(method)], isShown: true, acts: false)
        }
        + [.crossEntropy, .margin, .cql, .sqil, .gail, .airl].map { method in
            Case(name: "demonstrations", hint: "demonstrations", phases: [Phase(method)])
        }
        + [.crossEntropy, .margin, .cql, .sqil, .gail, .airl].map { method in
            // An episode without a step shows nothing.
            Case(
                name: "demonstrations", hint: "demonstrations", phases: [Phase(method)],
                change: {
                    $0.demonstrations = [Trajectory(observations: .float32([0, 0, 0, 0]), actions: .int64([]))]
                })
        }
        + [.sqil, .gail, .airl].map { method in
            // Labels are no steps to be like.
            Case(
                name: "demonstrations", hint: "demonstrations", phases: [Phase(.dagger, expert: expert), Phase(method)])
        }

    static let others: [Case] = [
        Case(name: "evaluate/every_steps", hint: "at least 1", change: { $0.evaluationInterval = 0 }),
        Case(name: "evaluate/num_episodes", hint: "at least 1", change: { $0.evaluationEpisodes = 0 }),
        Case(name: "num_envs", hint: "1 to", change: { $0.numEnvs = 0 }),
        Case(name: "num_envs", hint: "1 to", change: { $0.numEnvs = 60_000 }),
        Case(
            name: "num_envs", hint: "1 to",
            phases: [Phase(.q), Phase(.q, hyperparameters: ["n_step": 100])], change: { $0.numEnvs = 1_000 }),
        Case(
            name: "phases/1/hyperparameters/policy_gradient/rollout_steps", hint: "of 17 environments",
            phases: [
                Phase(.q),
                Phase(.policyGradient, hyperparameters: ["policy_gradient": ["rollout_steps": 65_536]]),
            ], change: { $0.numEnvs = 17 }),
        Case(
            name: "demonstrations", hint: "other spaces", phases: [Phase(.margin)],
            change: {
                $0.demonstrations = [
                    Trajectory(
                        observations: .float32([0, 0]), actions: .int64([0]), rewards: [0], terminations: [true],
                        truncations: [false])
                ]
            }),
        Case(
            name: "demonstrations", hint: "other spaces", phases: [Phase(.margin)],
            change: {
                $0.demonstrations = [
                    Trajectory(
                        observations: .float32(Array(repeating: 0, count: 8)), actions: .int64([0, 1]), rewards: [0],
                        terminations: [true], truncations: [false])
                ]
            }),
    ]

    private func request(_ test: Case) throws -> (TrainingRequest, Learner) {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        var request = TrainingRequest(
            environment: test.acts ? environment : nil, phases: test.phases,
            demonstrations: test.isShown ? try environment.demonstrations(of: environment.expert(), seeds: 0..<1) : [])
        test.change(&request)
        return (request, try environment.learner())
    }

    @Test(arguments: cases + needs + others)
    func `names what is at fault and says what would be right`(_ test: Case) throws {
        let (request, learner) = try request(test)
        let error = #expect(throws: LearningError.self) { try Training(request, learner, now: { 0 }) }
        guard case .invalidRequest(let name, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(name == test.name && reason.contains(test.hint), "\(name): \(reason)")
    }

    @Test(
        arguments: [
            ("hidden_sizes", ["hidden_sizes": [8]]), ("activation", ["activation": "tanh"]),
            ("layer_norm", ["layer_norm": true]), ("bins", ["bins": 7]),
            ("box_distribution", ["box_distribution": "gaussian", "bins": 11]), ("replay", ["replay": "prioritized"]),
            ("replay_capacity", ["replay_capacity": 5_000]), ("learning_speed", ["learning_speed": 1]),
            ("imitation.weight", ["imitation": ["weight": -1]]), ("", 7),
        ] as [(String, Value)])
    func `a phase cannot shape the network or the replay, nor ask for what there is not`(
        _ name: String, _ value: Value
    ) throws {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let request = TrainingRequest(environment: environment, phases: [Phase(.q), Phase(.q, hyperparameters: value)])
        #expect {
            try Training(request, try environment.learner(), now: { 0 })
        } throws: { error in
            if case .invalidHyperparameter(name, _, 1)? = error as? LearningError { true } else { false }
        }
    }

    @Test func `a phase may name what it does not change`() throws {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let learner = try environment.learner()
        let request = TrainingRequest(
            environment: environment, phases: [Phase(.q, hyperparameters: learner.hyperparameters.value)])
        #expect(try Training(request, learner, now: { 0 }).learner.hyperparameters == learner.hyperparameters)
    }

    @Test func `what tells experts' steps apart may not take too much memory`() throws {
        let (observation, action) = (Space.discrete(Discrete(5_000)), Space.discrete(Discrete(2)))
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply(["adversarial": ["hidden_sizes": [1_024]]])
        let learner = try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: false, seed: 0)
        let episode = Trajectory(
            observations: .int64([1, 2]), actions: .int64([0]), rewards: [0], terminations: [true],
            truncations: [false])
        #expect {
            try Training(
                TrainingRequest(environment: Track.request, phases: [Phase(.gail)], demonstrations: [episode]), learner,
                now: { 0 })
        } throws: { error in
            guard case .invalidRequest(let name, let reason)? = error as? LearningError else { return false }
            return name == "phases/0/hyperparameters/adversarial/hidden_sizes" && reason.contains("838 units")
        }
    }

    @Test func `more demonstrations than memory takes are refused`() throws {
        let (observation, action) = (Space.box(Box(low: 0, high: 1, shape: [65_536])), Space.discrete(Discrete(2)))
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply(["hidden_sizes": [1], "replay_capacity": 100, "learning_starts": 1, "batch_size": 1])
        var learner = try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: false, seed: 0)
        let long = Trajectory(
            observations: .float32([]), actions: .int64([]), rewards: Array(repeating: 0, count: 5_000))
        #expect {
            try learner.show([long])
        } throws: { error in
            guard case .invalidRequest("demonstrations", let reason)? = error as? LearningError else { return false }
            return reason.contains("at most 4095 steps")
        }
    }

    @Test func `masks of demonstrations are checked where the agent heeds masks`() throws {
        let environment = try EnvironmentRequest.world("Taxi-v4")
        var learner = try environment.learner()
        var episode = Trajectory(
            observations: .int64([1, 2]), actions: .int64([0]), rewards: [-1], terminations: [false],
            truncations: [true], masks: [Bool](repeating: false, count: 12))
        #expect(throws: LearningError.invalidMask(row: 0, reason: "it allows no action")) {
            try learner.show([episode])
        }
        episode.masks = [true, true]
        #expect(throws: LearningError.self) { try learner.show([episode]) }
        // After the last state nothing needs to be allowed.
        episode.masks = [Bool](repeating: true, count: 6) + [Bool](repeating: false, count: 6)
        try learner.show([episode])
    }

    @Test func `labels that never came do not stop the daemon`() throws {
        // The time for asking is over before anybody answers.
        let environment = try EnvironmentRequest.world("CartPole-v1")
        var time = 0.0
        let training = try Training(
            TrainingRequest(
                environment: environment, phases: [Phase(.dagger, budget: .init(seconds: 1)), Phase(.crossEntropy)],
                evaluationEpisodes: 1), try environment.learner(),
            now: {
                time += 1
                return time
            })
        #expect {
            while try !training.next().isEmpty {}
        } throws: {
            if case .invalidRequest("demonstrations", _)? = $0 as? LearningError { true } else { false }
        }
    }
}
