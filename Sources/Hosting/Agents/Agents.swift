import Gym
import Learning
import Logging
import Store
import Synchronization

/// All agents, by id: made, found, deleted; their versions kept, served, rolled back to.
public final class Agents: Sendable {
    /// How an agent is asked for.
    public struct Request: Sendable {
        public var tenant: Tenant
        public var name: String?
        public var environment: String?
        public var kwargs: Value?
        /// Both, where no environment is named.
        public var spaces: (observation: Space, action: Space)?
        public var seed: UInt64?
        /// An object; what it does not name is derived from the spaces.
        public var hyperparameters: Value?
        /// Whether masks will say what is allowed; an environment says itself whether it has some.
        public var isMasked: Bool
        /// What is known of the actions, in place of what the environment says.
        public var actionFeatures: ActionFeatures?
        public var initFrom: Identifier?

        public init(
            tenant: Tenant = .standard, name: String? = nil, environment: String? = nil, kwargs: Value? = nil,
            spaces: (observation: Space, action: Space)? = nil, isMasked: Bool = false, seed: UInt64? = nil,
            hyperparameters: Value? = nil,
            actionFeatures: ActionFeatures? = nil, initFrom: Identifier? = nil
        ) {
            self.tenant = tenant
            self.name = name
            self.environment = environment
            self.kwargs = kwargs
            self.spaces = spaces
            self.isMasked = isMasked
            self.seed = seed
            self.hyperparameters = hyperparameters
            self.actionFeatures = actionFeatures
            self.initFrom = initFrom
        }
    }

    /// An agent's newest versions that are kept: one that learns for days publishes without an end.
    private static let keptVersions = 1_000

    let catalogue: Catalogue
    let store: StateFolder
    let clock: WallClock
    let logger: Logger
    /// Of all guards.
    let outcomes = OutcomeCounts()
    private let limit: Int
    private let memoryLimit: Int
    private let table: Mutex<[Identifier: Agent]>
    let indexer: ActionIndexer
    let torn: Quarantine

    init(
        catalogue: Catalogue, store: StateFolder, clock: WallClock, logger: Logger, limit: Int, memoryLimit: Int
    ) throws(HostingError) {
        self.catalogue = catalogue
        self.store = store
        self.clock = clock
        self.logger = logger
        self.limit = limit
        self.memoryLimit = memoryLimit
        table = Mutex([:])
        indexer = ActionIndexer(logger: logger)
        torn = Quarantine(store: store, logger: logger)
        for agent in try load(logger) {
            table.withLock { $0[agent.id] = agent }
            indexer.look(at: agent)
        }
    }

    /// Oldest first.
    public func all(of tenant: Tenant) -> [Agent] { all.filter { $0.tenant == tenant } }

    var all: [Agent] {
        table.withLock { Array($0.values) }.sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    /// Stops what runs on a thread of its own.
    func stop() { indexer.stop() }

    func find(_ id: Identifier) -> Agent? { table.withLock { $0[id] } }

    public func find(_ id: Identifier, of tenant: Tenant) -> Agent? {
        find(id).flatMap { $0.tenant == tenant ? $0 : nil }
    }

    public func create(_ request: Request) throws(HostingError) -> Agent {
        guard table.withLock({ $0.count }) < limit else { throw .tooManyAgents(limit: limit) }
        let parent = try request.initFrom.map { source throws(HostingError) in
            guard let parent = find(source, of: request.tenant) else {
                throw .invalid(field: "init_from", reason: "there is no such agent")
            }
            return parent
        }
        var configuration = try resolve(request, parent)
        let id = table.withLock { agents in Identifier.random { agents[$0] == nil } }
        var learner = try configuration.makeLearner()
        // Observations may have masks in them.
        configuration.isMasked = learner.isMasked
        var lineage = Lineage()
        if let parent { lineage.parents = [try configuration.begin(&learner, from: parent)] }
        let now = clock.now
        let agent = Agent(
            id: id, tenant: request.tenant, configuration: configuration, createdAt: now,
            served: Agent.Served(version: 0, policy: learner.policy), progress: Agent.Progress())
        try checkMemory(adding: agent.byteCount)
        agent.served.policy.prepare()
        try keep(agent.served, of: id)
        if let table = configuration.table { try keep(table, of: id) }
        let record = AgentRecord(
            id: id.description, tenant: request.tenant.name, name: configuration.name ?? "", createdAt: now,
            configuration: configuration.value.json, servedVersion: 0)
        let version = VersionRecord(
            agentID: id.description, version: 0, createdAt: now, steps: 0, updates: 0, evaluation: nil,
            lineage: lineage.value.json)
        try storing { () throws(StoreError) in try store.insert(record, version) }
        table.withLock { $0[id] = agent }
        return agent
    }

    /// - Parameter bytes: that some agent is to hold besides.
    func checkMemory(adding bytes: Int) throws(HostingError) {
        let agents = table.withLock { Array($0.values) }
        let needed = agents.reduce(bytes) { $0 + $1.byteCount }
        guard needed <= memoryLimit else { throw .agentsTooLarge(bytes: needed, limit: memoryLimit) }
    }

    private func resolve(_ request: Request, _ parent: Agent?) throws(HostingError) -> AgentConfiguration {
        let place = try place(of: request)
        let (observation, action) = (place.observation, place.action)
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        do { try hyperparameters.apply(request.hyperparameters ?? [:]) } catch { throw .learning(error) }
        return AgentConfiguration(
            name: request.name, environment: request.environment, kwargs: request.kwargs, observationSpace: observation,
            actionSpace: action, table: try table(of: request, place.features, parent), isMasked: place.isMasked,
            seed: request.seed ?? UInt64.random(in: 0...UInt64(Int32.max)), hyperparameters: hyperparameters,
            initFrom: request.initFrom)
    }

    /// Where an agent is to act.
    private typealias Place = (observation: Space, action: Space, features: ActionFeatures?, isMasked: Bool)

    private func place(of request: Request) throws(HostingError) -> Place {
        if let spaces = request.spaces { return (spaces.observation, spaces.action, nil, request.isMasked) }
        do {
            let vector = try catalogue.spec(request.environment ?? "").make(kwargs: request.kwargs)
            return (vector.observationSpace, vector.actionSpace, vector.actionFeatures, vector.hasActionMask)
        } catch {
            throw .environment(error)
        }
    }

    /// What the client says of the actions, else the environment, else what the agent's parent knows of them.
    private func table(
        of request: Request, _ environment: ActionFeatures?, _ parent: Agent?
    ) throws(HostingError) -> ActionTable? {
        if let features = request.actionFeatures {
            try features.check("withdrawn")
            return ActionTable(features, source: .client)
        }
        if let environment { return ActionTable(environment, source: .environment) }
        return parent?.table.map { ActionTable($0.features, source: $0.source) }
    }

    /// Forgets the agent with all its files.
    /// - Precondition: no job has it.
    func delete(_ agent: Agent) throws(HostingError) {
        // Whoever changes its table meanwhile would leave a file behind.
        try agent.changing.withLock { _ throws(HostingError) in
            try storing { () throws(StoreError) in try store.deleteAgent(agent.id.description) }
            table.withLock { _ = $0.removeValue(forKey: agent.id) }
            agent.wish(indexRecall: nil)
            indexer.look(at: agent)
            // Without its row it is gone: should the disk refuse now, the next start removes what is left.
            try storing { () throws(StoreError) in try store.remove(Self.folder(of: agent.id)) }
        }
    }
}

// Versions.
extension Agents {
    /// Makes a policy the agent's newest version, and serves it.
    /// - Parameter evaluation: how it did, given the version's number.
    func publish(
        _ policy: Policy, of agent: Agent, lineage: Lineage, evaluation: (Int) -> Value? = { _ in nil }
    ) throws(HostingError) -> VersionRecord {
        guard (policy.network.features == nil) == (agent.table == nil) else {
            throw .corrupt("agent \(agent.id) has got another network")
        }
        guard policy.isFinite else { throw .learning(.diverged(updates: policy.updates)) }
        let versions = try versions(of: agent)
        let number = (versions.map(\.version).max() ?? -1) + 1
        let record = VersionRecord(
            agentID: agent.id.description, version: number, createdAt: clock.now, steps: policy.transitions,
            updates: policy.updates, evaluation: evaluation(number)?.json, lineage: lineage.value.json)
        let served = Agent.Served(version: number, policy: policy)
        try keep(served, of: agent.id)
        try storing { () throws(StoreError) in try store.insert(record) }
        agent.change(served: served)
        indexer.look(at: agent)
        for old in versions.dropFirst(Self.keptVersions - 1) { try forget(old, of: agent) }
        return record
    }

    private func forget(_ version: VersionRecord, of agent: Agent) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.deleteVersion(version.version, of: version.agentID)
            try store.remove(Self.versionPath(version.version, of: agent.id))
        }
    }

    /// Newest first.
    public func versions(of agent: Agent) throws(HostingError) -> [VersionRecord] {
        try storing { () throws(StoreError) in
            try store.versions(of: agent.id.description)
        }
    }

    /// The policy of a version; of the served one without a look at the disk.
    public func policy(_ version: Int?, of agent: Agent) throws(HostingError) -> Agent.Served {
        let served = agent.served
        guard let version, version != served.version else { return served }
        let remedy = "it cannot be served again"
        guard let policy = try loadPolicy(version, of: agent.id, agent.configuration, remedy: remedy) else {
            throw .unknownVersion(version, agent: agent.id.description)
        }
        return Agent.Served(version: version, policy: policy)
    }

    /// Serves an older version again. What is trained from here on begins with it.
    public func rollBack(_ agent: Agent, to version: Int) throws(HostingError) -> VersionRecord {
        if let job = agent.job { throw .agentBusy(agent.id.description, job: job.description) }
        let served = try policy(version, of: agent)
        guard let record = try versions(of: agent).first(where: { $0.version == version }) else {
            throw .unknownVersion(version, agent: agent.id.description)
        }
        try storing { () throws(StoreError) in try store.serve(version, of: agent.id.description) }
        agent.change(served: served)
        indexer.look(at: agent)
        try storing { () throws(StoreError) in try store.remove(Self.learnerPath(agent.id)) }
        return record
    }

    /// Takes a policy file as a new version.
    public func upload(_ file: Safetensors, to agent: Agent) throws(HostingError) -> VersionRecord {
        if let job = agent.job { throw .agentBusy(agent.id.description, job: job.description) }
        let policy: Policy
        do { policy = try agent.configuration.makePolicy(Checkpoint(file)) } catch { throw .learning(error) }
        let record = try publish(policy, of: agent, lineage: Lineage())
        try storing { () throws(StoreError) in try store.remove(Self.learnerPath(agent.id)) }
        return record
    }
}

extension AgentConfiguration {
    /// Has a learner go on from what another agent serves.
    fileprivate func begin(_ learner: inout Learner, from parent: Agent) throws(HostingError) -> Lineage.Parent {
        let served = parent.served
        var policy = served.policy
        let (own, other) = (learner.network, policy.network)
        if let width = own.features?.width, width == other.features?.width, own.observation == other.observation {
            // What was learned is of features, however many actions have them.
            policy = (try? makePolicy(policy.checkpoint)) ?? policy
        }
        guard policy.network == own else {
            throw .invalid(
                field: "init_from",
                reason: "agent \(parent.id) has other spaces, action features of another width, or a network of "
                    + "another shape")
        }
        learner.adopt(policy)
        return Lineage.Parent(agent: parent.id, version: served.version)
    }
}
