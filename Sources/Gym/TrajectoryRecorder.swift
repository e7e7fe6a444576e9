/// Puts together the episodes of a vector's environments from what its resets and steps give, in every autoreset mode:
/// what rollouts return, sessions record and experts demonstrate.
public struct TrajectoryRecorder: Sendable {
    /// A trajectory, and which environment of the vector it is of.
    public struct Part: Sendable {
        public let index: Int
        public var trajectory: Trajectory
    }

    private let observations: (element: Lanes.Element, width: Int)
    private let actions: (element: Lanes.Element, width: Int)
    /// Entries of a mask; 0 where everything is always allowed.
    private let maskWidth: Int
    private var open: [Trajectory?]
    /// Steps of the episodes that are not over.
    public private(set) var steps = 0
    /// The widest mask that infos say too.
    private static let widestTold = 64

    /// How many steps with narrow masks take as much memory as the steps that are not over.
    public var weight: Int { steps * Self.weight(maskWidth: maskWidth) }

    /// How many steps with narrow masks take as much memory as one with masks of this width.
    public static func weight(maskWidth: Int) -> Int { 1 + maskWidth / 256 }

    /// Nothing is recorded of an environment until its episode is begun.
    /// - Precondition: the vector's spaces have a layout.
    public init(of vector: any VectorEnvironment) {
        guard let observation = vector.observationSpace.layout, let action = vector.actionSpace.layout else {
            preconditionFailure("an environment's spaces have a layout")
        }
        observations = (observation.element, observation.count)
        actions = (action.element, action.count)
        maskWidth = vector.maskWidth
        open = Array(repeating: nil, count: vector.count)
    }

    /// Begins with what the environments of `mask` (nil: all) show now, those whose episode is on: after a reset, or in
    /// the middle of an episode.
    /// - Parameter seeds: what each was just reset with.
    /// - Returns: what was open there.
    public mutating func begin(
        _ vector: any VectorEnvironment, mask: [Bool]? = nil, seeds: [UInt64?]? = nil
    ) -> [Part] {
        let needsReset = vector.needsReset
        var cut: [Part] = []
        for index in open.indices where mask?[index] ?? true {
            cut += take(index)
            if !needsReset[index] { begin(index, vector, seed: seeds?[index]) }
        }
        return cut
    }

    /// Takes in what `vector` gave for `actions`.
    /// - Returns: the episodes that ended, in the order of ``VectorEnvironment/episodes``.
    public mutating func record(_ vector: any VectorEnvironment, _ actions: Lanes) -> [Part] {
        let sameStep = vector.options.autoreset == .sameStep
        let episodes = vector.episodes
        let didReset = vector.didReset
        var replaced = [Episode?](repeating: nil, count: open.count)
        if sameStep { for episode in episodes { replaced[episode.index] = episode } }
        for index in open.indices where !didReset[index] {
            append(index, vector, actions, replaced: replaced[index])
        }
        var ended: [Part] = []
        for episode in episodes {
            ended += take(episode.index)
            if sameStep { begin(episode.index, vector, seed: nil) }
        }
        for index in open.indices where didReset[index] { begin(index, vector, seed: nil) }
        return ended
    }

    /// The episodes that are not over, those with a step; they go on without what is taken.
    public mutating func takeOpen() -> [Part] { open.indices.flatMap { take($0) } }

    private mutating func take(_ index: Int) -> [Part] {
        guard let trajectory = open[index] else { return [] }
        open[index] = nil
        steps -= trajectory.length
        return trajectory.length > 0 ? [Part(index: index, trajectory: trajectory)] : []
    }

    private mutating func begin(_ index: Int, _ vector: any VectorEnvironment, seed: UInt64?) {
        var first = Lanes(observations.element, count: 0)
        first.append(row: index, of: vector.observations, width: observations.width)
        open[index] = Trajectory(
            observations: first, actions: Lanes(actions.element, count: 0), masks: mask(of: vector, index),
            infos: [kept(vector.info(index))], seed: seed)
    }

    /// - Parameter replaced: the episode that ended, where the vector shows the next one already.
    private mutating func append(
        _ index: Int, _ vector: any VectorEnvironment, _ actions: Lanes, replaced: Episode?
    ) {
        // Taken out while it grows, so that it grows in place.
        guard var trajectory = open[index] else { return }
        open[index] = nil
        let after = replaced == nil ? vector.observations : vector.finalObservations
        let info = replaced.map { $0.finalInfo ?? .object([]) } ?? vector.info(index)
        trajectory.observations.append(row: index, of: after, width: observations.width)
        trajectory.actions.append(row: index, of: actions, width: self.actions.width)
        trajectory.rewards.append(vector.rewards[index])
        trajectory.terminations.append(vector.terminated[index])
        trajectory.truncations.append(vector.truncated[index])
        trajectory.masks += replaced == nil ? mask(of: vector, index) : mask(in: info)
        trajectory.infos.append(kept(info))
        open[index] = trajectory
        steps += 1
    }

    private func mask(of vector: any VectorEnvironment, _ index: Int) -> [Bool] {
        var mask = [Bool](repeating: true, count: maskWidth)
        guard maskWidth > 0 else { return mask }
        var lent = mask.mutableSpan
        vector.writeActionMask(index, &lent)
        return mask
    }

    /// A wide mask is kept once, as what was allowed, and not as numbers in the info besides.
    private func kept(_ info: Value) -> Value {
        guard maskWidth > Self.widestTold, case .object(let members) = info else { return info }
        return .object(members.filter { $0.key != "action_mask" })
    }

    /// What an episode's last info says was allowed; everything where it says nothing.
    private func mask(in info: Value) -> [Bool] {
        let flags = info["action_mask"]?.arrayElements ?? []
        return flags.count == maskWidth
            ? flags.map { $0.asInt64 != 0 } : [Bool](repeating: true, count: maskWidth)
    }
}

extension Trajectory {
    /// The same, ended from outside where nothing ended it.
    public var truncatedWhereOpen: Trajectory {
        var trajectory = self
        if let last = truncations.indices.last, !terminations[last] { trajectory.truncations[last] = true }
        return trajectory
    }
}
