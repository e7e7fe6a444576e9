import Gym

/// Steps of environments that live elsewhere, in rows.
public struct Transitions: Sendable {
    public var observations: Lanes
    public var actions: Lanes
    public var rewards: [Double]
    public var nextObservations: Lanes
    public var terminated: [Bool]
    public var truncated: [Bool]
    /// Which episode each belongs to: those of one episode come in their order, of several mixed as may be.
    public var episodeIDs: [String]
    /// Rows of `network.action.maskWidth` Booleans, what was allowed before and after; empty where everything is.
    public var masks: [Bool]
    public var nextMasks: [Bool]

    public init(
        observations: Lanes, actions: Lanes, rewards: [Double], nextObservations: Lanes, terminated: [Bool],
        truncated: [Bool], episodeIDs: [String], masks: [Bool] = [], nextMasks: [Bool] = []
    ) {
        self.observations = observations
        self.actions = actions
        self.rewards = rewards
        self.nextObservations = nextObservations
        self.terminated = terminated
        self.truncated = truncated
        self.episodeIDs = episodeIDs
        self.masks = masks
        self.nextMasks = nextMasks
    }
}
