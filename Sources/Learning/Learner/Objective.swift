import Neural

/// What updates aim at: a composition of a few parts, which each phase of a training chooses.
public struct Objective: Sendable, Equatable {
    /// Where rewards come from.
    public enum Rewards: Sendable, Equatable {
        case environment
        /// 1 for each step that was shown, 0 for each of one's own (SQIL, Reddy 2020).
        case shown
        /// What tells experts' steps from one's own says how like an expert's a step is; it may see where a step led.
        case discriminator(seesNext: Bool)
    }

    /// Whether Q is brought near what came of decisions, and what is expected after that.
    var learnsValues = true
    /// How what was shown is imitated; nil where it is not, or only by the values of its rewards.
    var imitation: Hyperparameters.ImitationLoss?
    /// The share of each batch that was shown; nil for the hyperparameters' own.
    var share: Double?
    var rewards = Rewards.environment

    /// Q-learning.
    static let values = Objective()
    /// A stochastic policy that learns from its own steps alone.
    static let policy = Objective(learnsValues: false)

    /// How scores are read that were learned by it.
    var reading: Policy.Reading { learnsValues ? .values : .policy }

    /// The share of each batch that is one's own.
    func ownShare(_ hyperparameters: Hyperparameters) -> Double { 1 - (share ?? hyperparameters.demonstrationShare) }
}
