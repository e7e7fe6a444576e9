import GRDB

/// How often somebody was served actions of a policy version, and where.
public struct ServingRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "servings"

    public var agentID: String
    public var version: Int
    /// The name of whoever asked.
    public var caller: String
    /// The environment that the actions went to; "act" where the caller took them.
    public var place: String
    public var actions: Int
    /// Seconds since 1970, as all times here.
    public var firstAt: Double
    public var lastAt: Double

    public init(
        agentID: String, version: Int, caller: String, place: String, actions: Int, firstAt: Double, lastAt: Double
    ) {
        self.agentID = agentID
        self.version = version
        self.caller = caller
        self.place = place
        self.actions = actions
        self.firstAt = firstAt
        self.lastAt = lastAt
    }
}
