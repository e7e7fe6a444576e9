import GRDB

/// What is asked of the catalogue: each call is one transaction.
extension StateFolder {
    /// Oldest first.
    public func agents() throws(StoreError) -> [AgentRecord] {
        try read("reading the agents") { try AgentRecord.order(Column("createdAt")).fetchAll($0) }
    }

    public func insert(_ agent: AgentRecord, _ version: VersionRecord) throws(StoreError) {
        try write("storing agent \(agent.id)") { database in
            try agent.insert(database)
            try version.insert(database)
        }
    }

    /// With its versions, its jobs and their events.
    public func deleteAgent(_ id: String) throws(StoreError) {
        try write("deleting agent \(id)") { database in _ = try AgentRecord.deleteOne(database, key: id) }
    }

    /// Newest first.
    public func versions(of agent: String) throws(StoreError) -> [VersionRecord] {
        try read("reading the versions of agent \(agent)") { database in
            try VersionRecord.filter(Column("agentID") == agent).order(Column("version").desc).fetchAll(database)
        }
    }

    /// Adds a version, and has the agent serve it.
    public func insert(_ version: VersionRecord) throws(StoreError) {
        try write("storing version \(version.version) of agent \(version.agentID)") { database in
            try version.insert(database)
            try Self.serve(version.version, of: version.agentID, in: database)
        }
    }

    public func deleteVersion(_ version: Int, of agent: String) throws(StoreError) {
        try write("forgetting version \(version) of agent \(agent)") { database in
            _ = try VersionRecord.filter(Column("agentID") == agent && Column("version") == version).deleteAll(database)
        }
    }

    /// With its events.
    public func deleteJob(_ id: String) throws(StoreError) {
        try write("forgetting job \(id)") { database in _ = try JobRecord.deleteOne(database, key: id) }
    }

    public func serve(_ version: Int, of agent: String) throws(StoreError) {
        try write("serving version \(version) of agent \(agent)") { database in
            try Self.serve(version, of: agent, in: database)
        }
    }

    private static func serve(_ version: Int, of agent: String, in database: Database) throws {
        try AgentRecord.filter(key: agent).updateAll(database, Column("servedVersion").set(to: version))
    }

    /// Oldest first.
    public func jobs() throws(StoreError) -> [JobRecord] {
        try read("reading the jobs") { try JobRecord.order(Column("createdAt")).fetchAll($0) }
    }

    /// Writes the job as it stands now, events that are new, and how far its agent is.
    /// - Parameter forgotten: the numbers of events that it has no more.
    public func put(
        _ job: JobRecord, _ events: [EventRecord], without forgotten: Set<Int> = [], progress: String? = nil
    ) throws(StoreError) {
        try write("storing job \(job.id)") { database in
            try job.upsert(database)
            for event in events { try event.insert(database) }
            for sequence in forgotten {
                _ = try EventRecord.deleteOne(database, key: ["jobID": job.id, "sequence": sequence])
            }
            if let progress { try Self.set(progress, of: job.agentID, in: database) }
        }
    }

    /// Writes what an agent is.
    public func put(configuration: String, of agent: String) throws(StoreError) {
        try write("storing the configuration of agent \(agent)") { database in
            _ = try AgentRecord.filter(key: agent).updateAll(database, Column("configuration").set(to: configuration))
        }
    }

    /// Writes how far an agent is.
    public func put(progress: String, of agent: String) throws(StoreError) {
        try write("storing the progress of agent \(agent)") { database in
            try Self.set(progress, of: agent, in: database)
        }
    }

    private static func set(_ progress: String, of agent: String, in database: Database) throws {
        try AgentRecord.filter(key: agent).updateAll(database, Column("progress").set(to: progress))
    }

    /// In order.
    public func events(of job: String) throws(StoreError) -> [EventRecord] {
        try read("reading the events of job \(job)") { database in
            try EventRecord.filter(Column("jobID") == job).order(Column("sequence")).fetchAll(database)
        }
    }

    /// Forgets what came after event `sequence`.
    public func deleteEvents(of job: String, after sequence: Int) throws(StoreError) {
        try write("forgetting events of job \(job)") { database in
            _ = try EventRecord.filter(Column("jobID") == job && Column("sequence") > sequence).deleteAll(database)
        }
    }

    /// Writes labels, in place of earlier ones of the same states.
    public func put(_ labels: [LabelRecord]) throws(StoreError) {
        try write("storing labels") { database in
            for label in labels { try label.upsert(database) }
        }
    }

    /// In the order of their states.
    public func labels(of job: String) throws(StoreError) -> [LabelRecord] {
        try read("reading the labels of job \(job)") { database in
            try LabelRecord.filter(Column("jobID") == job).order(Column("stateID")).fetchAll(database)
        }
    }
}
