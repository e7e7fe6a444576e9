import Gym
import Learning

/// A world to learn, how long, and what others reach there.
struct LearningTask {
    let world: String
    let steps: Int
    /// What the policy of each seed is asked to reach, and their average.
    let each: Double
    var average: Double?
    /// RL Baselines3 Zoo's figure at about this budget: one run, deterministic policy, 150k steps of evaluation.
    var zoo: String?
    /// The best return that is known of; nil where it can be computed.
    var best: Double?

    /// Zoo: `benchmark.md` of DLR-RM/rl-baselines3-zoo at 22e3ff24. CartPole can give no more than 500; Acrobot's best
    /// is the Zoo's QR-DQN, -69.1 ± 10.0; Pendulum's is dynamic programming on a grid with 11 torques, -138.
    static let all = [
        LearningTask(world: "CartPole-v1", steps: 50_000, each: 475, zoo: "500.0 DQN, 50k", best: 500),
        LearningTask(
            world: "Acrobot-v1", steps: 100_000, each: -95, average: -85, zoo: "-76.6 DQN, 100k", best: -69.1),
        LearningTask(world: "Pendulum-v1", steps: 20_000, each: -165, zoo: "-157.0 SAC, 20k", best: -138),
        LearningTask(world: "FrozenLake-v1", steps: 100_000, each: 0.72),
        LearningTask(world: "Taxi-v4", steps: 200_000, each: 7.5),
        LearningTask(world: "CliffWalking-v1", steps: 50_000, each: -13),
        LearningTask(world: "Crossing-v0", steps: 10_000, each: 50),
    ]

    /// What `train` is told when it is told only how many steps, except that it goes on to their end: without
    /// `target_return` it stops where the world counts as solved.
    /// - Parameter stopping: whether to stop there all the same.
    func request(_ spec: EnvironmentSpec, seed: UInt64, stopping: Bool) -> TrainingRequest {
        TrainingRequest(
            environment: EnvironmentRequest(spec), budget: .init(steps: steps),
            targetReturn: stopping ? spec.rewardThreshold : nil, seed: seed)
    }

    /// The agent as `POST /v1/agents/` makes it from the world and a seed.
    func learner(_ environment: EnvironmentRequest, seed: UInt64) throws -> Learner {
        let vector = try environment.make()
        let (observation, action) = (vector.observationSpace, vector.actionSpace)
        return try Learner(
            observation: observation, action: action,
            hyperparameters: Hyperparameters(observation: observation, action: action),
            isMasked: vector.hasActionMask, seed: seed)
    }
}

/// What a policy is judged by, the same for all of them.
struct Judge {
    /// No training comes across these: it draws its seeds below 2^63.
    private static let seeds = (0..<1_000).map { UInt64(1) << 63 + $0 }
    private static let tolerance = 1e-9

    let environment: EnvironmentRequest

    /// The exact value under the time limit where the world is a table, else the mean of 1,000 fresh episodes.
    func value(of policy: Policy) throws -> Double {
        if let exact = try ExactValue.of(policy, in: environment) { return exact }
        var random = RandomGenerator(seed: 0)
        return try Evaluation(of: policy, in: environment, seeds: Self.seeds, random: &random).mean
    }

    /// Of acting at random.
    func randomValue() throws -> Double {
        if let table = try environment.make().transitionTable {
            return table.value(horizon: environment.horizon, \.mean)
        }
        let vector = try environment.make()
        let form = try ActionForm(
            vector.actionSpace,
            bins: Hyperparameters(observation: vector.observationSpace, action: vector.actionSpace).bins)
        var random = RandomGenerator(seed: 0)
        return try Evaluation(ofRandomIn: environment, form: form, seeds: Self.seeds, random: &random).mean
    }

    /// The most that any policy can reach where the world is a table, one that counts its steps included.
    func bestValue() throws -> Double? {
        try environment.make().transitionTable?.value(horizon: environment.horizon) { $0.max() ?? 0 }
    }

    static func reaches(_ value: Double, _ goal: Double) -> Bool { value >= goal - tolerance }
}

extension TransitionTable {
    /// The expected return of an episode, backwards from its end.
    /// - Parameter choose: what a state is worth, of what its actions are worth.
    func value(horizon: Int, _ choose: ([Double]) -> Double) -> Double {
        var values = [Double](repeating: 0, count: outcomes.count)
        for _ in 0..<horizon {
            values = outcomes.map { actions in
                choose(
                    actions.map { outcomes in
                        outcomes.reduce(0) {
                            $0 + $1.probability * ($1.reward + ($1.terminated ? 0 : values[$1.next]))
                        }
                    })
            }
        }
        return zip(initial, values).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
