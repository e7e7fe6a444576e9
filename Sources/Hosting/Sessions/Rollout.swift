import Gym

/// Many steps of a session in one go.
public struct Rollout: Sendable {
    /// Who acts, and how long.
    public struct Plan: Sendable {
        public enum Budget: Sendable, Equatable {
            /// Calls of step; for a vector each is as many transitions as it has environments.
            case steps(Int)
            /// Episodes that end; of a vector, the first so many.
            case episodes(Int)
        }

        public var budget: Budget
        /// Reseeds the environments first.
        public var seed: UInt64?
        /// Whether to keep the transitions, or only returns and lengths.
        public var records: Bool

        public init(budget: Budget, seed: UInt64? = nil, records: Bool) {
            self.budget = budget
            self.seed = seed
            self.records = records
        }
    }

    /// An episode, or the part of one that the rollout saw.
    public struct Trace: Sendable {
        public let index: Int
        /// The seed that it was reset with, if any.
        public let seed: UInt64?
        /// One row more than actions.
        public fileprivate(set) var observations: Lanes
        public fileprivate(set) var actions: Lanes
        public fileprivate(set) var rewards: [Double] = []
        public fileprivate(set) var terminations: [Bool] = []
        public fileprivate(set) var truncations: [Bool] = []
        /// One more than actions.
        public fileprivate(set) var infos: [Value]

        public var length: Int { rewards.count }
    }

    public static let maximumTransitions = 1_000_000
    public static let maximumRecorded = 100_000

    /// Of the episodes that ended, in the order in which they ended.
    public private(set) var returns: [Double] = []
    public private(set) var lengths: [Int] = []
    /// The episodes that ended, then the parts of those that did not; empty unless recorded.
    public private(set) var traces: [Trace] = []

    private let plan: Plan
    private let observationLayout: Layout
    private let actionLayout: Layout
    private var open: [Trace?]
    private var transitions = 0

    private init(_ plan: Plan, session: Session) {
        self.plan = plan
        observationLayout = session.observationLayout
        actionLayout = session.actionLayout
        open = Array(repeating: nil, count: session.count)
    }

    /// Runs `plan` on `session`, which is busy for others meanwhile.
    /// - Parameter act: the actions of step k, one row an environment, for the environments as they stand.
    public static func run(
        _ plan: Plan, on session: Session,
        act: @Sendable (inout World, Int) throws(HostingError) -> Lanes
    ) throws(HostingError) -> Rollout {
        try session.hold { world throws(HostingError) in
            var rollout = Rollout(plan, session: session)
            try rollout.run(&world, act)
            return rollout
        }
    }

    private mutating func run(
        _ world: inout World, _ act: @Sendable (inout World, Int) throws(HostingError) -> Lanes
    ) throws(HostingError) {
        var taken = 0
        if let seed = plan.seed { try world.reset(seed: seed, options: nil) }
        try resetWhereDue(&world, first: plan.seed == nil)
        for index in open.indices { begin(index, world, seed: plan.seed.map { $0 &+ UInt64(index) }) }
        while !isFinished(taken: taken) {
            if taken > 0 { try resetWhereDue(&world, first: false) }
            let actions = try act(&world, taken)
            try world.step(actions)
            taken += 1
            try record(world, actions)
        }
        if plan.records { traces += open.compactMap { $0 }.filter { $0.length > 0 } }
    }

    private func isFinished(taken: Int) -> Bool {
        switch plan.budget {
        case .steps(let steps): taken >= steps
        case .episodes(let episodes): returns.count >= episodes
        }
    }

    /// Where nothing resets the environments by itself, those whose episode is over begin anew.
    private mutating func resetWhereDue(_ world: inout World, first: Bool) throws(HostingError) {
        let due = world.vector.needsReset
        guard due.contains(true), first || world.vector.options.autoreset == .disabled else { return }
        try world.reset(due)
        for index in due.indices where due[index] { begin(index, world, seed: nil) }
    }

    private mutating func begin(_ index: Int, _ world: borrowing World, seed: UInt64?) {
        guard plan.records else { return }
        var observations = Lanes(observationLayout.element, count: 0)
        observations.append(row: index, of: world.vector.observations, width: observationLayout.count)
        open[index] = Trace(
            index: index, seed: seed, observations: observations, actions: Lanes(actionLayout.element, count: 0),
            infos: [world.vector.info(index)])
    }

    private mutating func record(_ world: borrowing World, _ actions: Lanes) throws(HostingError) {
        let vector = world.vector
        let sameStep = vector.options.autoreset == .sameStep
        let ended = vector.episodes
        for index in open.indices where !vector.didReset[index] {
            transitions += 1
            let episode = ended.first { $0.index == index }
            let after = sameStep && episode != nil ? vector.finalObservations : vector.observations
            open[index]?.observations.append(row: index, of: after, width: observationLayout.count)
            open[index]?.actions.append(row: index, of: actions, width: actionLayout.count)
            open[index]?.rewards.append(vector.rewards[index])
            open[index]?.terminations.append(vector.terminated[index])
            open[index]?.truncations.append(vector.truncated[index])
            open[index]?.infos.append(episode?.finalInfo ?? vector.info(index))
        }
        for episode in ended { close(episode, world, sameStep: sameStep) }
        for index in open.indices where vector.didReset[index] { begin(index, world, seed: nil) }
        guard transitions <= (plan.records ? Self.maximumRecorded : Self.maximumTransitions) else {
            let limit = plan.records ? Self.maximumRecorded : Self.maximumTransitions
            throw .invalid(
                field: "",
                reason: "the rollout passed \(limit) transitions"
                    + (plan.records ? "; ask for fewer, or for \"transitions\": false" : "; ask for fewer"))
        }
    }

    private mutating func close(_ episode: Episode, _ world: borrowing World, sameStep: Bool) {
        if case .episodes(let episodes) = plan.budget, returns.count >= episodes { return }
        returns.append(episode.episodeReturn)
        lengths.append(episode.length)
        if let trace = open[episode.index] { traces.append(trace) }
        open[episode.index] = nil
        if sameStep { begin(episode.index, world, seed: nil) }
    }
}
