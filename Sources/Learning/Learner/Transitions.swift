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
    /// Which step of its episode each is, from 0; nil where that is not told. Empty: of none.
    public var steps: [Int?] = []
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

    /// Some of the rows.
    /// - Parameter widths: lanes of an observation, of an action and of a mask.
    public func rows(_ rows: [Int], widths: (observation: Int, action: Int, mask: Int)) -> Transitions {
        func part(_ lanes: Lanes, _ width: Int) -> Lanes {
            var part = Lanes(lanes.element, count: 0)
            for row in rows { part.append(row: row, of: lanes, width: width) }
            return part
        }
        func part(_ masks: [Bool]) -> [Bool] {
            masks.isEmpty ? [] : rows.flatMap { masks[$0 * widths.mask..<($0 + 1) * widths.mask] }
        }
        var some = Transitions(
            observations: part(observations, widths.observation), actions: part(actions, widths.action),
            rewards: rows.map { rewards[$0] }, nextObservations: part(nextObservations, widths.observation),
            terminated: rows.map { terminated[$0] }, truncated: rows.map { truncated[$0] },
            episodeIDs: rows.map { episodeIDs[$0] }, masks: part(masks), nextMasks: part(nextMasks))
        some.steps = steps.isEmpty ? [] : rows.map { steps[$0] }
        return some
    }
}
