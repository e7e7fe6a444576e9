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
    func request(_ environment: EnvironmentRequest, seed: UInt64, stopping: Bool) -> TrainingRequest {
        TrainingRequest(
            environment: environment, budget: .init(steps: steps),
            targetReturn: stopping ? environment.spec.rewardThreshold : nil, seed: seed)
    }

}

extension EnvironmentRequest {
    /// The agent as `POST /v1/agents/` makes it from the world and a seed.
    /// - Parameter changes: hyperparameters, an object, over the defaults.
    func learner(_ changes: Value = [:], seed: UInt64) throws -> Learner {
        let vector = try make()
        let (observation, action) = (vector.observationSpace, vector.actionSpace)
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply(changes)
        return try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters,
            features: hyperparameters.embeddingSize > 0 ? vector.actionFeatures : nil,
            isMasked: vector.hasActionMask, seed: seed)
    }
}
