/// An episode, or the part of one that was seen: what was observed, done and given, by Minari's names. What a rollout
/// gives, a session records, and a demonstration is.
public struct Trajectory: Sendable, Equatable {
    /// One row more than actions: where it began, then what each action led to.
    public var observations: Lanes
    /// The action taken in each observation but the last.
    public var actions: Lanes
    public var rewards: [Double]
    /// Whether each step ended the world, or the episode was cut short there from outside; both false but in the last.
    public var terminations: [Bool]
    public var truncations: [Bool]
    /// What was allowed in each observation, rows of Booleans as ``VectorEnvironment/actionMasks`` has them; empty where
    /// everything always was.
    public var masks: [Bool]
    /// The info of each observation, objects; empty where nobody kept them.
    public var infos: [Value]
    /// What the episode was reset with, where that is known.
    public var seed: UInt64?

    public init(
        observations: Lanes, actions: Lanes, rewards: [Double] = [], terminations: [Bool] = [],
        truncations: [Bool] = [], masks: [Bool] = [], infos: [Value] = [], seed: UInt64? = nil
    ) {
        self.observations = observations
        self.actions = actions
        self.rewards = rewards
        self.terminations = terminations
        self.truncations = truncations
        self.masks = masks
        self.infos = infos
        self.seed = seed
    }

    /// Its number of steps.
    public var length: Int { rewards.count }

    /// The undiscounted sum of its rewards.
    public var episodeReturn: Double { rewards.reduce(0, +) }
}
