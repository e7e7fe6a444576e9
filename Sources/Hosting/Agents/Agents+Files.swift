import Gym
import Learning
import Logging
import Store
import Synchronization

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
        let path = Self.tablePath(id)
        let file: Safetensors?
        do { file = try store.tensors(path) } catch {
            if case .damaged(_, let reason) = error {
                torn.take(path, reason, of: "agent \(id)", remedy: "the agent is not served")
            }
            throw .store(error)
        }
        guard let file else { return nil }
        return try ActionTable(file)
    }

    /// The policy of a version; nil where its file is gone, or was damaged and is put aside now.
    /// - Parameter remedy: what is done without it.
    func loadPolicy(
        _ version: Int, of id: Identifier, _ configuration: AgentConfiguration, remedy: String
    ) throws(HostingError) -> Policy? {
        let path = Self.versionPath(version, of: id)
        let file: Safetensors?
        do { file = try store.tensors(path) } catch {
            guard case .damaged(_, let reason) = error else { throw .store(error) }
            torn.take(path, reason, of: "version \(version) of agent \(id)", remedy: remedy)
            return nil
        }
        guard let file else { return nil }
        do { return try configuration.makePolicy(Checkpoint(file)) } catch { throw .learning(error) }
    }

    /// The policy that an agent serves: where that one's file is no longer whole, the newest that is.
    private func loadServed(
        _ version: Int, of id: Identifier, _ configuration: AgentConfiguration
    ) throws(HostingError) -> Agent.Served {
        let remedy = "the agent serves the newest version that is whole"
        do {
            if let policy = try loadPolicy(version, of: id, configuration, remedy: remedy) {
                return Agent.Served(version: version, policy: policy)
            }
        } catch {
            // One that got its first table before it learned anything has a network made anew: where the program ended
            // between the two files, that is done now.
            guard case .learning = error, version == 0, configuration.table != nil, configuration.initFrom == nil
            else { throw error }
            return Agent.Served(version: 0, policy: try configuration.makeLearner().policy)
        }
        let kept = try storing { () throws(StoreError) in try store.versions(of: id.description) }
        for other in kept where other.version != version {
            guard let policy = try loadPolicy(other.version, of: id, configuration, remedy: remedy) else { continue }
            // Where this cannot be written now, the next start finds the same.
            try? store.serve(other.version, of: id.description)
            torn.tell(
                missing: Self.versionPath(version, of: id), of: "agent \(id)",
                remedy: "the agent serves version \(other.version)")
            return Agent.Served(version: other.version, policy: policy)
        }
        throw .corrupt("no version of agent \(id) is whole")
    }

    /// The learner as the latest training left it; from the served policy where that is another one.
    func learner(of agent: Agent) throws(HostingError) -> Learner {
        var learner = try agent.configuration.makeLearner()
        let (served, path) = (agent.served.policy, Self.learnerPath(agent.id))
        var file: Safetensors?
        do { file = try store.tensors(path) } catch {
            guard case .damaged(_, let reason) = error else { throw .store(error) }
            torn.take(path, reason, of: "agent \(agent.id)", remedy: Self.learnerRemedy)
        }
        guard let file else {
            learner.adopt(served)
            return learner
        }
        do { try learner.restore(from: Checkpoint(file)) } catch {
            // Kept by an older version of the program, in another form: the weights still hold.
            learner.adopt(served)
        }
        return learner
    }

    private static let learnerRemedy = "training goes on from the policy that the agent serves"

    /// Puts a damaged file of an agent aside, and writes it anew where what it said is in memory.
    /// - Returns: whether it is one of an agent.
    func lose(_ path: String, _ reason: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts[0] == "agents" else { return false }
        guard let agent = Identifier(parts[1]).flatMap({ find($0) }) else {
            torn.take(path, reason, of: "agent \(parts[1])", remedy: "nothing; the agent is not served")
            return true
        }
        agent.changing.withLock { _ in
            let (served, table) = (agent.served, agent.table)
            switch path {
            case Self.versionPath(served.version, of: agent.id):
                torn.take(path, reason, of: "the served version of agent \(agent.id)", remedy: "it is written anew")
                try? keep(served, of: agent.id)
            case Self.tablePath(agent.id):
                torn.take(path, reason, of: "the action features of agent \(agent.id)", remedy: "they are written anew")
                if let table { try? keep(table, of: agent.id) }
            case Self.learnerPath(agent.id):
                torn.take(path, reason, of: "agent \(agent.id)", remedy: Self.learnerRemedy)
            default:
                torn.take(path, reason, of: "a version of agent \(agent.id)", remedy: "it cannot be served again")
            }
        }
        return true
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
        let known = Set(records.map(\.id))
        try storing { () throws(StoreError) in
            for name in try store.list("agents") where !known.contains(name) { try store.remove("agents/\(name)") }
        }
        return agents
    }

    private func load(_ record: AgentRecord) throws(HostingError) -> Agent {
        guard let id = Identifier(record.id), let value = try? Value(json: record.configuration) else {
            throw .corrupt("agent \(record.id) cannot be read")
        }
        let configuration = try AgentConfiguration(value, try loadTable(of: id))
        let served = try loadServed(record.servedVersion, of: id, configuration)
        try removeStrays(of: id)
        guard let progress = try? Value(json: record.progress) else {
            throw .corrupt("the progress of agent \(record.id) cannot be read")
        }
        return Agent(
            id: id, tenant: Tenant(unchecked: record.tenant), configuration: configuration, createdAt: record.createdAt,
            served: served, progress: Agent.Progress(progress),
            sentry: try loadGuard(record, for: configuration.actionSpace),
            killed: record.killed.map { Killed(try? Value(json: $0)) })
    }

    /// One whose guard cannot be read is not served: without it, it might do anything.
    private func loadGuard(_ record: AgentRecord, for space: Space) throws(HostingError) -> Sentry? {
        guard let json = record.guard else { return nil }
        guard let value = try? Value(json: json), let limits = try? GuardReader.read(value, for: space) else {
            throw .corrupt("the guard of agent \(record.id) cannot be read")
        }
        return Sentry(limits, counts: outcomes)
    }

    /// Removes files that a crash left before their rows were written.
    private func removeStrays(of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in
            let known = Set(try store.versions(of: id.description).map { "\($0.version).safetensors" })
            for name in try store.list("\(Self.folder(of: id))/versions") where !known.contains(name) {
                try store.remove("\(Self.folder(of: id))/versions/\(name)")
            }
        }
    }
}
