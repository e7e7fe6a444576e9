import Gym
import Learning
import Logging
import Store

/// What is on disk.
extension Agents {
    static func folder(of id: Identifier) -> String { "agents/\(id)" }
    static func learnerPath(_ id: Identifier) -> String { "\(folder(of: id))/learner.safetensors" }
    static func versionPath(_ version: Int, of id: Identifier) -> String {
        "\(folder(of: id))/versions/\(version).safetensors"
    }

    private static func tablePath(_ id: Identifier) -> String { "\(folder(of: id))/action_features.safetensors" }

    func keep(_ served: Agent.Served, of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.write(
                Safetensors(served.policy.checkpoint).encoded(), to: Self.versionPath(served.version, of: id))
        }
    }

    func keep(_ table: ActionTable, of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in try store.write(table.file.encoded(), to: Self.tablePath(id)) }
    }

    private func loadTable(of id: Identifier) throws(HostingError) -> ActionTable? {
        guard let bytes = try storing({ () throws(StoreError) in try store.read(Self.tablePath(id)) }) else {
            return nil
        }
        return try ActionTable(try storing { () throws(StoreError) in try Safetensors(parsing: bytes) })
    }

    /// The policy that an agent serves. One that got its first table before it learned anything has a network made anew:
    /// where the program ended between the two files, that is done now.
    private func loadServed(
        _ version: Int, of id: Identifier, _ configuration: AgentConfiguration
    ) throws(HostingError) -> Policy? {
        do { return try loadPolicy(version, of: id, configuration) } catch {
            guard case .learning = error, version == 0, configuration.table != nil, configuration.initFrom == nil
            else { throw error }
            return try configuration.makeLearner().policy
        }
    }

    func loadPolicy(
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
    func load(_ logger: Logger) throws(HostingError) -> [Agent] {
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
        let configuration = try AgentConfiguration(value, try loadTable(of: id))
        guard let policy = try loadServed(record.servedVersion, of: id, configuration) else {
            throw .corrupt("version \(record.servedVersion) of agent \(record.id) is gone")
        }
        guard let progress = try? Value(json: record.progress) else {
            throw .corrupt("the progress of agent \(record.id) cannot be read")
        }
        return Agent(
            id: id, tenant: Tenant(unchecked: record.tenant), configuration: configuration, createdAt: record.createdAt,
            served: Agent.Served(version: record.servedVersion, policy: policy), progress: Agent.Progress(progress))
    }

    func storing<T>(_ body: () throws(StoreError) -> T) throws(HostingError) -> T {
        do { return try body() } catch { throw .store(error) }
    }
}
