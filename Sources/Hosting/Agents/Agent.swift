import Gym
import Learning
import Store
import Synchronization

/// An agent while the daemon runs: what it is, what it answers from, what trains it.
public final class Agent: Sendable {
    /// The policy that `act` answers from.
    public struct Served: Sendable {
        public let version: Int
        public let policy: Policy

        /// The policy as a file that says what it belongs to.
        public func file(of agent: Agent) -> Safetensors {
            Safetensors(
                policy.checkpoint,
                metadata: [
                    "agent": agent.id.description, "version": String(version),
                    "configuration": agent.configuration.value.json,
                ])
        }
    }

    /// How far it is.
    public struct Progress: Sendable {
        /// Transitions that it has learned from or observed.
        public var steps = 0
        public var episodes = 0
        public var updates = 0
        /// Updates that observed transitions still pay for.
        public var pendingUpdates = 0
        /// The latest evaluation, an object.
        public var evaluation: Value?
        /// Of the latest hundred episodes that clients told of since the start.
        private var observedReturns: [Double] = []

        init() {}

        /// The mean of what the latest episodes of clients brought; nil before one has ended.
        public var observedReturn: Double? {
            observedReturns.isEmpty ? nil : observedReturns.reduce(0, +) / Double(observedReturns.count)
        }

        mutating func note(_ returns: [Double]) { observedReturns = (observedReturns + returns).suffix(100) }

        /// Reads what ``value`` wrote.
        init(_ value: Value) {
            steps = Int(value["steps"]?.asInt64 ?? 0)
            episodes = Int(value["episodes"]?.asInt64 ?? 0)
            updates = Int(value["updates"]?.asInt64 ?? 0)
            evaluation = value["evaluation"]
        }

        /// As it is kept; pending updates are the learner's.
        var value: Value {
            let counts: [Value.Member] = [
                .init("steps", .int(Int64(steps))), .init("episodes", .int(Int64(episodes))),
                .init("updates", .int(Int64(updates))),
            ]
            return .object(counts + (evaluation.map { [.init("evaluation", $0)] } ?? []))
        }
    }

    /// What changes together.
    private struct State {
        var configuration: AgentConfiguration
        var actionLayout: Layout
        var served: Served
    }

    /// What keeps it back.
    private struct Standing {
        var sentry: Sentry?
        var killed: Killed?

        var isKeptBack: Bool { sentry != nil || killed != nil }
    }

    public let id: Identifier
    public let tenant: Tenant
    /// Seconds since 1970.
    public let createdAt: Double
    public let observationSpace: Space
    public let observationLayout: Layout
    /// One change of the table of action features after the other, each with its file.
    let changing = Mutex(())
    private let state: Mutex<State>
    private let progressed: Mutex<Progress>
    private let indexed: Mutex<IndexStatus?>
    private let random: Mutex<RandomGenerator>
    /// The job that trains it.
    private let holder = Mutex<Identifier?>(nil)
    private let standing: Mutex<Standing>
    /// Whether anything keeps it back: what nearly every answer asks, and nothing else.
    private let isKeptBack: Atomic<Bool>
    let servings = Servings()

    /// - Precondition: the configuration's spaces have layouts; the policy is for them, and knows the table.
    init(
        id: Identifier, tenant: Tenant, configuration: AgentConfiguration, createdAt: Double, served: Served,
        progress: Progress, sentry: Sentry? = nil, killed: Killed? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.createdAt = createdAt
        observationSpace = configuration.observationSpace
        observationLayout = Self.layout(configuration.observationSpace)
        state = Mutex(
            State(
                configuration: configuration, actionLayout: Self.layout(configuration.actionSpace), served: served))
        progressed = Mutex(progress)
        indexed = Mutex(configuration.indexRecall.map { IndexStatus($0, served) })
        random = Mutex(RandomGenerator())
        let standing = Standing(sentry: sentry, killed: killed)
        isKeptBack = Atomic(standing.isKeptBack)
        self.standing = Mutex(standing)
    }

    private static func layout(_ space: Space) -> Layout {
        guard let layout = space.layout else { preconditionFailure("an agent's spaces have layouts") }
        return layout
    }

    public var configuration: AgentConfiguration { state.withLock { $0.configuration } }
    public var actionSpace: Space { state.withLock { $0.configuration.actionSpace } }
    public var actionLayout: Layout { state.withLock { $0.actionLayout } }
    /// What is known of its actions; nil where that is nothing.
    public var table: ActionTable? { state.withLock { $0.configuration.table } }

    /// What it holds in memory: its network, and what is known of its actions.
    var byteCount: Int {
        state.withLock { state in
            state.served.policy.network.byteCount + (state.configuration.table?.byteCount ?? 0)
        }
    }

    public var served: Served { state.withLock { $0.served } }
    public var progress: Progress { progressed.withLock { $0 } }
    public var job: Identifier? { holder.withLock { $0 } }

    /// Serves another policy, or has another table, whose actions may be more. What is served knows the latest table.
    func change(served: Served? = nil, table: ActionTable? = nil) {
        while true {
            let (before, known) = state.withLock { ($0.served, $0.configuration.table) }
            let (next, features) = (served ?? before, (table ?? known)?.features)
            let policy = features.map { next.policy.knowing($0) } ?? next.policy
            policy.prepare()
            let isDone = state.withLock { state in
                // A policy takes a while to learn of a table: somebody else may have come first.
                guard state.served.version == before.version, state.configuration.table?.version == known?.version
                else { return false }
                state.served = Served(version: next.version, policy: policy)
                if let table {
                    state.configuration.table = table
                    state.configuration.actionSpace = state.configuration.actionSpace.holding(table.features)
                    state.actionLayout = Self.layout(state.configuration.actionSpace)
                }
                return true
            }
            if isDone { return }
        }
    }

    /// How the index over its actions stands; nil where none is wished for.
    public var indexStatus: IndexStatus? { indexed.withLock { $0 } }

    func report(_ status: IndexStatus?) { indexed.withLock { $0 = status } }

    /// Wishes for an index over its actions, or for none.
    func wish(indexRecall: Double?) {
        state.withLock { $0.configuration.indexRecall = indexRecall }
        report(indexRecall.map { IndexStatus($0, served) })
    }

    /// What its guard says; nil where it has none.
    public var limits: Guard? { sentryAtRest?.limits }

    /// Whether its guard wants what it does in the audit log, whatever else the daemon records.
    public var isAudited: Bool { isKeptBack.load(ordering: .acquiring) && limits?.isAudited == true }

    /// Who turned it off; nil while it acts.
    public var killed: Killed? { standing.withLock { $0.killed } }

    /// Who watches over what it does; nil for nobody.
    /// - Throws: ``HostingError/agentKilled(_:_:)`` where it is off.
    public func sentry() throws(HostingError) -> Sentry? {
        guard isKeptBack.load(ordering: .acquiring) else { return nil }
        let (sentry, killed) = standing.withLock { ($0.sentry, $0.killed) }
        if let killed { throw .agentKilled(id.description, killed) }
        return sentry
    }

    /// The same, also where it is off.
    var sentryAtRest: Sentry? {
        isKeptBack.load(ordering: .acquiring) ? standing.withLock { $0.sentry } : nil
    }

    func protect(_ sentry: Sentry?) { stand { $0.sentry = sentry } }

    /// - Returns: how it was turned off: as before, where it was off already.
    func turnOff(_ killed: Killed) -> Killed {
        stand { $0.killed = $0.killed ?? killed }
        return self.killed ?? killed
    }

    func turnOn() { stand { $0.killed = nil } }

    private func stand(_ change: (inout Standing) -> Void) {
        standing.withLock {
            change(&$0)
            isKeptBack.store($0.isKeptBack, ordering: .releasing)
        }
    }

    /// Counts actions that somebody was given.
    /// - Parameter place: the environment that they went to; "act" where the caller took them.
    public func note(
        serving actions: Int, of version: Int, to caller: Caller, in place: String = "act", at now: Double
    ) {
        servings.note(actions, of: version, to: caller, in: place, at: now)
    }

    func update(_ change: (inout Progress) -> Void) { progressed.withLock { change(&$0) } }

    /// Takes the agent for a job.
    /// - Returns: false where another job has it.
    func take(for job: Identifier) -> Bool {
        holder.withLock { holder in
            guard holder == nil else { return false }
            holder = job
            return true
        }
    }

    func release(from job: Identifier) {
        holder.withLock { holder in if holder == job { holder = nil } }
    }

    /// A generator for one stochastic answer: drawn from the agent's own, so that no two threads share one.
    public func spawnRandom() -> RandomGenerator {
        RandomGenerator(seed: random.withLock { UInt64($0.integers(0, .max)) })
    }
}

extension Policy {
    fileprivate func knowing(_ features: ActionFeatures) -> Policy {
        guard let known = network.features, known != features else { return self }
        return with(features)
    }
}
