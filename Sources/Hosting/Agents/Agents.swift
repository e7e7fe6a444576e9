import Gym
import Learning
import Logging
import Store
import Synchronization

/// All agents, by id: made, found, deleted; their versions kept, served, rolled back to.
public final class Agents: Sendable {
    /// How an agent is asked for.
    public struct Request: Sendable {
        public var name: String?
        public var environment: String?
        public var kwargs: Value?
        /// Both, where no environment is named.
        public var spaces: (observation: Space, action: Space)?
        public var seed: UInt64?
        /// An object; what it does not name is derived from the spaces.
        public var hyperparameters: Value?
        public var initFrom: Identifier?

        public init(
            name: String? = nil, environment: String? = nil, kwargs: Value? = nil,
            spaces: (observation: Space, action: Space)? = nil, seed: UInt64? = nil, hyperparameters: Value? = nil,
            initFrom: Identifier? = nil
        ) {
            self.name = name
            self.environment = environment
            self.kwargs = kwargs
            self.spaces = spaces
            self.seed = seed
            self.hyperparameters = hyperparameters
            self.initFrom = initFrom
        }
    }

    /// An agent's newest versions that are kept: one that learns for days publishes without an end.
    private static let keptVersions = 1_000

    let catalogue: Catalogue
    private let store: StateFolder
    private let clock: WallClock
    private let limit: Int
    private let table: Mutex<[Identifier: Agent]>

    init(
        catalogue: Catalogue, store: StateFolder, clock: WallClock, logger: Logger, limit: Int
    ) throws(HostingError) {
        self.catalogue = catalogue
        self.store = store
        self.clock = clock
        self.limit = limit
        table = Mutex([:])
        for agent in try load(logger) { table.withLock { $0[agent.id] = agent } }
    }

    /// Oldest first.
    public var all: [Agent] {
        table.withLock { Array($0.values) }.sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    public func find(_ id: Identifier) -> Agent? { table.withLock { $0[id] } }

    public func create(_ request: Request) throws(HostingError) -> Agent {
        guard table.withLock({ $0.count }) < limit else { throw .tooManyAgents(limit: limit) }
        let configuration = try resolve(request)
        let id = table.withLock { agents in Identifier.random { agents[$0] == nil } }
        var learner = try configuration.makeLearner()
        var lineage = Lineage()
        if let source = request.initFrom {
            guard let parent = find(source) else {
                throw .invalid(field: "init_from", reason: "there is no such agent")
            }
            let served = parent.served
            guard served.policy.network == learner.network else {
                throw .invalid(
                    field: "init_from", reason: "agent \(source) has other spaces, or a network of another shape")
            }
            learner.adopt(served.policy)
            lineage.parents = [.init(agent: source, version: served.version)]
        }
        let now = clock.now
        let agent = Agent(
            id: id, configuration: configuration, createdAt: now,
            served: Agent.Served(version: 0, policy: learner.policy), progress: Agent.Progress())
        try keep(agent.served, of: id)
        let record = AgentRecord(
            id: id.description, name: configuration.name ?? "", createdAt: now,
            configuration: configuration.value.json, servedVersion: 0)
        let version = VersionRecord(
            agentID: id.description, version: 0, createdAt: now, steps: 0, updates: 0, evaluation: nil,
            lineage: lineage.value.json)
        try storing { () throws(StoreError) in try store.insert(record, version) }
        table.withLock { $0[id] = agent }
        return agent
    }

    private func resolve(_ request: Request) throws(HostingError) -> AgentConfiguration {
        let (observation, action, isMasked) = try spaces(of: request)
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        do { try hyperparameters.apply(request.hyperparameters ?? [:]) } catch { throw .learning(error) }
        return AgentConfiguration(
            name: request.name, environment: request.environment, kwargs: request.kwargs, observationSpace: observation,
            actionSpace: action, isMasked: isMasked, seed: request.seed ?? UInt64.random(in: 0...UInt64(Int32.max)),
            hyperparameters: hyperparameters, initFrom: request.initFrom)
    }

    private func spaces(of request: Request) throws(HostingError) -> (Space, Space, isMasked: Bool) {
        if let spaces = request.spaces { return (spaces.observation, spaces.action, false) }
        do {
            let vector = try catalogue.spec(request.environment ?? "").make(kwargs: request.kwargs)
            return (vector.observationSpace, vector.actionSpace, vector.hasActionMask)
        } catch {
            throw .environment(error)
        }
    }

    /// Forgets the agent with all its files.
    /// - Precondition: no job has it.
    func delete(_ id: Identifier) throws(HostingError) {
        table.withLock { _ = $0.removeValue(forKey: id) }
        try storing { () throws(StoreError) in
            try store.deleteAgent(id.description)
            try store.remove("agents/\(id)")
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
        let versions = try versions(of: agent)
        let number = (versions.map(\.version).max() ?? -1) + 1
        let record = VersionRecord(
            agentID: agent.id.description, version: number, createdAt: clock.now, steps: policy.transitions,
            updates: policy.updates, evaluation: evaluation(number)?.json, lineage: lineage.value.json)
        let served = Agent.Served(version: number, policy: policy)
        try keep(served, of: agent.id)
        try storing { () throws(StoreError) in try store.insert(record) }
        agent.serve(served)
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
        guard let policy = try loadPolicy(version, of: agent.id, agent.configuration) else {
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
        try storing { () throws(StoreError) in
            try store.serve(version, of: agent.id.description)
            try store.remove(Self.learnerPath(agent.id))
        }
        agent.serve(served)
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

// What is on disk.
extension Agents {
    static func learnerPath(_ id: Identifier) -> String { "agents/\(id)/learner.safetensors" }
    private static func versionPath(_ version: Int, of id: Identifier) -> String {
        "agents/\(id)/versions/\(version).safetensors"
    }

    private func keep(_ served: Agent.Served, of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.write(
                Safetensors(served.policy.checkpoint).encoded(), to: Self.versionPath(served.version, of: id))
        }
    }

    private func loadPolicy(
        _ version: Int, of id: Identifier, _ configuration: AgentConfiguration
    ) throws(HostingError) -> Policy? {
        let bytes = try storing { () throws(StoreError) in try store.read(Self.versionPath(version, of: id)) }
        guard let bytes else { return nil }
        let file = try storing { () throws(StoreError) in try Safetensors(parsing: bytes) }
        do { return try configuration.makePolicy(Checkpoint(file)) } catch { throw .learning(error) }
    }

    /// The learner as the latest training left it; from the served policy where that is another one.
    func learner(of agent: Agent) throws(HostingError) -> Learner {
        var learner = try agent.configuration.makeLearner()
        let served = agent.served.policy
        let bytes = try storing { () throws(StoreError) in try store.read(Self.learnerPath(agent.id)) }
        guard let bytes else {
            learner.adopt(served)
            return learner
        }
        let file = try storing { () throws(StoreError) in try Safetensors(parsing: bytes) }
        do { try learner.restore(from: Checkpoint(file)) } catch {
            // Kept by an older version of the program, in another form: the weights still hold.
            learner.adopt(served)
        }
        return learner
    }

    func keep(_ learner: Learner, of agent: Agent) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.write(Safetensors(learner.checkpoint).encoded(), to: Self.learnerPath(agent.id))
        }
        try keepProgress(of: agent)
    }

    /// Writes how far an agent is.
    func keepProgress(of agent: Agent) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.put(progress: agent.progress.value.json, of: agent.id.description)
        }
    }

    /// An agent that cannot be read is left on disk as it is; the others are served.
    private func load(_ logger: Logger) throws(HostingError) -> [Agent] {
        let records = try storing { () throws(StoreError) in
            try store.agents()
        }
        var agents: [Agent] = []
        for record in records {
            do { agents.append(try load(record)) } catch {
                logger.error("an agent cannot be read", metadata: ["agent": "\(record.id)", "error": "\(error)"])
            }
        }
        return agents
    }

    private func load(_ record: AgentRecord) throws(HostingError) -> Agent {
        guard let id = Identifier(record.id), let value = try? Value(json: record.configuration) else {
            throw .corrupt("agent \(record.id) cannot be read")
        }
        let configuration = try AgentConfiguration(value)
        guard let policy = try loadPolicy(record.servedVersion, of: id, configuration) else {
            throw .corrupt("version \(record.servedVersion) of agent \(record.id) is gone")
        }
        guard let progress = try? Value(json: record.progress) else {
            throw .corrupt("the progress of agent \(record.id) cannot be read")
        }
        return Agent(
            id: id, configuration: configuration, createdAt: record.createdAt,
            served: Agent.Served(version: record.servedVersion, policy: policy), progress: Agent.Progress(progress))
    }

    private func storing<T>(_ body: () throws(StoreError) -> T) throws(HostingError) -> T {
        do { return try body() } catch { throw .store(error) }
    }
}
