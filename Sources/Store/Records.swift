import GRDB

/// An agent as it is kept: its configuration is JSON that `Hosting` writes and reads.
public struct AgentRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "agents"

    public var id: String
    public var name: String
    /// Seconds since 1970.
    public var createdAt: Double
    public var configuration: String
    /// The version that `act` answers from.
    public var servedVersion: Int
    /// How far it is, as JSON.
    public var progress: String
    /// Whose it is.
    public var tenant: String
    /// What it may do, as JSON; nil where nothing keeps it back.
    public var `guard`: String?
    /// Who turned it off, when and why, as JSON; nil while it acts.
    public var killed: String?

    public init(
        id: String, tenant: String, name: String, createdAt: Double, configuration: String, servedVersion: Int,
        progress: String = "{}"
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.createdAt = createdAt
        self.configuration = configuration
        self.servedVersion = servedVersion
        self.progress = progress
    }
}

/// A policy version; its weights are a tensor file.
public struct VersionRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "versions"

    public var agentID: String
    public var version: Int
    public var createdAt: Double
    public var steps: Int
    public var updates: Int
    /// JSON; nil where it was never evaluated.
    public var evaluation: String?
    /// JSON: what it was learned from.
    public var lineage: String

    public init(
        agentID: String, version: Int, createdAt: Double, steps: Int, updates: Int, evaluation: String?, lineage: String
    ) {
        self.agentID = agentID
        self.version = version
        self.createdAt = createdAt
        self.steps = steps
        self.updates = updates
        self.evaluation = evaluation
        self.lineage = lineage
    }
}

/// A job; what it was asked and what came of it are JSON.
public struct JobRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "jobs"

    public var id: String
    public var agentID: String
    public var state: String
    public var createdAt: Double
    public var startedAt: Double?
    public var finishedAt: Double?
    public var request: String
    public var result: String?
    public var error: String?

    public init(id: String, agentID: String, state: String, createdAt: Double, request: String) {
        self.id = id
        self.agentID = agentID
        self.state = state
        self.createdAt = createdAt
        self.request = request
    }
}

/// Something that happened in a job: a line of its event stream, and a point of its learning curve.
public struct EventRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "events"

    public var jobID: String
    /// Counts from 1 within the job.
    public var sequence: Int
    public var kind: String
    /// JSON.
    public var data: String

    public init(jobID: String, sequence: Int, kind: String, data: String) {
        self.jobID = jobID
        self.sequence = sequence
        self.kind = kind
        self.data = data
    }
}

/// A set of demonstrations. What clients said of it is in a file of its own: a removed file is gone, while a database may
/// keep copies of what a row once held.
public struct DemonstrationRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "demonstrations"

    public var id: String
    /// Seconds since 1970.
    public var createdAt: Double
    public var updatedAt: Double
    /// Whose it is.
    public var tenant: String

    public init(id: String, tenant: String, createdAt: Double, updatedAt: Double) {
        self.id = id
        self.tenant = tenant
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A file of a set's episodes.
public struct DemonstrationFileRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "demonstrationFiles"

    public var setID: String
    /// Files are in the order of their numbers.
    public var number: Int
    public var episodes: Int
    public var steps: Int
    public var bytes: Int

    public init(setID: String, number: Int, episodes: Int, steps: Int, bytes: Int) {
        self.setID = setID
        self.number = number
        self.episodes = episodes
        self.steps = steps
        self.bytes = bytes
    }
}

/// What somebody said to do in a state that a job asked about.
public struct LabelRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "labels"

    public var jobID: String
    /// Counts from 0 within the job.
    public var stateID: Int
    /// JSON.
    public var action: String

    public init(jobID: String, stateID: Int, action: String) {
        self.jobID = jobID
        self.stateID = stateID
        self.action = action
    }
}
