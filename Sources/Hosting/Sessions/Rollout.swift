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

    public static let maximumTransitions = 1_000_000
    public static let maximumRecorded = 100_000
    private static let maximumMaskEntries = 1 << 24

    private static func maximumRecorded(maskWidth: Int) -> Int {
        min(maximumRecorded, maximumMaskEntries / max(maskWidth, 1))
    }

    /// Of the episodes that ended, in the order in which they ended.
    public private(set) var returns: [Double] = []
    public private(set) var lengths: [Int] = []
    /// The episodes that ended, then the parts of those that did not; empty unless recorded.
    public private(set) var traces: [TrajectoryRecorder.Part] = []

    private let plan: Plan
    private let limit: Int
    private var recorder: TrajectoryRecorder?
    /// Episodes that ended when there were enough.
    private var surplus: [TrajectoryRecorder.Part] = []
    /// Steps of all environments.
    public private(set) var transitions = 0

    private init(_ plan: Plan, _ world: borrowing World) {
        self.plan = plan
        recorder = plan.records ? TrajectoryRecorder(of: world.vector) : nil
        let isKept = plan.records || world.isRecorded
        limit = isKept ? Self.maximumRecorded(maskWidth: world.vector.maskWidth) : Self.maximumTransitions
    }

    /// Runs `plan` on `session`, which is busy for others meanwhile.
    /// - Parameter act: the actions of step k, one row an environment, for the environments as they stand.
    public static func run(
        _ plan: Plan, on session: Session,
        act: @Sendable (inout World, Int) throws(HostingError) -> Lanes
    ) throws(HostingError) -> Rollout {
        try session.drive(holding: true) { world throws(HostingError) in
            var rollout = Rollout(plan, world)
            try rollout.run(&world, act)
            return rollout
        }
    }

    private mutating func run(
        _ world: inout World, _ act: @Sendable (inout World, Int) throws(HostingError) -> Lanes
    ) throws(HostingError) {
        var taken = 0
        world.journal?.noteOther()
        if let seed = plan.seed { try world.reset(seed: seed, options: nil) }
        try resetWhereDue(&world, first: plan.seed == nil)
        let seeds = (0..<world.vector.count).map { index in plan.seed.map { $0 &+ UInt64(index) } }
        _ = recorder?.begin(world.vector, seeds: seeds)
        while !isFinished(taken: taken) {
            if taken > 0 { try resetWhereDue(&world, first: false) }
            let actions = try act(&world, taken)
            try world.step(actions)
            taken += 1
            try record(world, actions)
        }
        traces += (surplus + (recorder?.takeOpen() ?? [])).sorted { $0.index < $1.index }
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
        _ = recorder?.begin(world.vector, mask: due)
    }

    private mutating func record(_ world: borrowing World, _ actions: Lanes) throws(HostingError) {
        let vector = world.vector
        transitions += vector.didReset.count { !$0 }
        var ended = recorder?.record(vector, actions)[...] ?? []
        for episode in vector.episodes {
            let trace = ended.popFirst()
            if case .episodes(let episodes) = plan.budget, returns.count >= episodes {
                surplus += trace.map { [$0] } ?? []
                continue
            }
            returns.append(episode.episodeReturn)
            lengths.append(episode.length)
            traces += trace.map { [$0] } ?? []
        }
        guard transitions <= limit else {
            throw .invalid(
                field: "num_episodes",
                reason: "the rollout passed \(limit) transitions"
                    + (plan.records ? "; ask for fewer, or for \"transitions\": false" : "; ask for fewer"))
        }
    }
}
