import Gym
import Learning
import Store
import Synchronization

/// Some changes to a table of action features, done all or not at all.
public struct ActionEdit: Sendable {
    /// The actions that get a row, and the rows: those next after the last are new ones.
    public var ids: [Int64]
    public var rows: ActionFeatures?
    /// The actions that are not to be chosen any more.
    public var withdrawn: [Int64]

    public init(ids: [Int64], rows: ActionFeatures?, withdrawn: [Int64]) {
        self.ids = ids
        self.rows = rows
        self.withdrawn = withdrawn
    }
}

/// A catalogue that changes while the agent serves: what changed is kept, then served at once, and taken up by whatever
/// trains the agent at its next step.
extension Agents {
    /// Gives an agent a whole table. One that has none gets its network made anew, which it can before it has learned.
    public func replaceActionFeatures(_ features: ActionFeatures, of agent: Agent) throws(HostingError) -> ActionTable {
        try features.check("withdrawn")
        guard agent.table != nil else { return try embed(features, agent) }
        return try change(agent) { table throws(HostingError) in
            guard features.width == table.features.width else {
                throw .invalid(
                    field: "action_features",
                    reason: "the agent has learned from rows of \(table.features.width) numbers, not \(features.width)")
            }
            guard features.count >= table.features.count else {
                throw .invalid(
                    field: "action_features",
                    reason: "there are \(table.features.count) actions, not \(features.count); an action goes by being "
                        + "withdrawn")
            }
            return features
        }
    }

    /// Changes single rows.
    public func editActionFeatures(_ edit: ActionEdit, of agent: Agent) throws(HostingError) -> ActionTable {
        try change(agent) { table throws(HostingError) in
            var features = table.features
            try features.apply(edit, start: agent.firstAction)
            try features.check("withdraw")
            return features
        }
    }

    /// Has an agent go on with other features: the file first, so that what was acknowledged survives any crash.
    private func change(
        _ agent: Agent, to next: (ActionTable) throws(HostingError) -> ActionFeatures
    ) throws(HostingError) -> ActionTable {
        try agent.changing.withLock { _ throws(HostingError) in
            guard find(agent.id) === agent else { throw .unknownAgent(agent.id.description) }
            guard let table = agent.table else { throw .noActionFeatures(agent.id.description) }
            let changed = ActionTable(try next(table), version: table.version + 1, source: .client)
            if changed.features.count > table.features.count {
                try checkGrowth(of: agent, changed)
                try checkMemory(adding: changed.byteCount - table.byteCount)
            }
            try keep(changed, of: agent.id)
            agent.change(table: changed)
            indexer.look(at: agent)
            // How it did was with other actions.
            agent.update { $0.evaluation = nil }
            try keepProgress(of: agent)
            return changed
        }
    }

    private func checkGrowth(of agent: Agent, _ table: ActionTable) throws(HostingError) {
        let configuration = agent.configuration
        if let environment = configuration.environment {
            throw .invalid(
                field: "action_features",
                reason: "\(environment) has no more actions; only an agent that was made for spaces can get some")
        }
        guard !configuration.isMasked else {
            throw .invalid(
                field: "action_features", reason: "the agent learns with masks, which are as wide as it has actions")
        }
        var grown = configuration
        grown.table = table
        grown.actionSpace = grown.actionSpace.holding(table.features)
        guard grown.actionSpace != configuration.actionSpace else {
            throw .invalid(
                field: "action_features",
                reason: "only a Discrete action space can get more actions, this one is a "
                    + configuration.actionSpace.typeName)
        }
        if let job = agent.job { throw .agentBusy(agent.id.description, job: job.description) }
        do { _ = try grown.makeNetwork() } catch { throw .learning(error) }
    }

    /// Gives an agent that has not learned its first table.
    private func embed(_ features: ActionFeatures, _ agent: Agent) throws(HostingError) -> ActionTable {
        try agent.changing.withLock { _ throws(HostingError) in
            guard find(agent.id) === agent else { throw .unknownAgent(agent.id.description) }
            // As a job would: nothing may learn with the old network meanwhile.
            let holder = Identifier.random { _ in true }
            guard agent.take(for: holder) else {
                throw .agentBusy(agent.id.description, job: agent.job?.description ?? "")
            }
            defer { agent.release(from: holder) }
            var configuration = agent.configuration
            let progress = agent.progress
            guard configuration.table == nil, configuration.initFrom == nil, agent.served.version == 0,
                progress.steps == 0, progress.updates == 0
            else { throw .hasLearned(agent.id.description) }
            let table = ActionTable(features, source: .client)
            try checkMemory(adding: table.byteCount)
            configuration.table = table
            let served = Agent.Served(version: 0, policy: try configuration.makeLearner().policy)
            try keep(table, of: agent.id)
            try keep(served, of: agent.id)
            agent.change(served: served, table: table)
            indexer.look(at: agent)
            return table
        }
    }
}

extension Agent {
    /// The id of the action that the first row is about.
    var firstAction: Int64 {
        let form = served.policy.network.action
        return form.embedded.map { Int64(form.components[$0].first) } ?? 0
    }
}

extension ActionFeatures {
    /// Numbers in all rows, at most: 256 MiB.
    private static let limit = 64 << 20

    /// - Parameter field: what withdraws actions.
    /// - Throws: where it is too much, or leaves nothing to choose.
    func check(_ field: String) throws(HostingError) {
        guard values.count <= Self.limit else {
            throw .invalid(
                field: "action_features",
                reason: "\(count) rows of \(width) are too many; all may have \(Self.limit) numbers")
        }
        guard withdrawnCount < count else {
            throw .invalid(field: field, reason: "at least one action must be left to choose")
        }
    }

    /// - Parameter start: the id of the first action.
    fileprivate mutating func apply(_ edit: ActionEdit, start: Int64) throws(HostingError) {
        if let rows = edit.rows { try set(edit.ids, rows, start: start) }
        let given = Set(edit.ids)
        for (place, id) in edit.withdrawn.enumerated() {
            guard let member = member(id, start: start), member < count else {
                throw .invalid(
                    field: "withdraw/\(place)",
                    reason: "there is no action \(id); there are \(start) to \(start + Int64(count) - 1)")
            }
            guard !given.contains(id) else {
                throw .invalid(field: "withdraw/\(place)", reason: "action \(id) is given a row by the same request")
            }
            withdraw(member)
        }
    }

    private mutating func set(_ ids: [Int64], _ rows: ActionFeatures, start: Int64) throws(HostingError) {
        guard rows.width == width else {
            throw .invalid(
                field: "action_features/0", reason: "the agent's rows have \(width) numbers, not \(rows.width)")
        }
        var seen: Set<Int64> = []
        for (place, id) in ids.enumerated() {
            guard seen.insert(id).inserted else {
                throw .invalid(field: "ids/\(place)", reason: "action \(id) is named twice")
            }
            guard let member = member(id, start: start), member <= count else {
                throw .invalid(
                    field: "ids/\(place)",
                    reason: "expected an action from \(start) to \(start + Int64(count) - 1), or "
                        + "\(start + Int64(count)), which adds one; not \(id)")
            }
            set(member, to: Array(rows.values[place * width..<(place + 1) * width]))
        }
    }

    /// The row of an action; nil where its id is before the first.
    private func member(_ id: Int64, start: Int64) -> Int? {
        let (member, overflow) = id.subtractingReportingOverflow(start)
        return overflow || member < 0 ? nil : Int(member)
    }
}
