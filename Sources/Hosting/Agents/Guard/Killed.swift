import Gym

/// Who turned an agent off, when and why.
public struct Killed: Sendable, Equatable {
    /// Seconds since 1970.
    public let at: Double
    public let by: String
    public let reason: String?

    init(at: Double, by: String, reason: String?) {
        self.at = at
        self.by = by
        self.reason = reason
    }

    /// As it is kept.
    var value: Value {
        ["at": .double(at), "by": .string(by), "reason": reason.map { .string($0) } ?? .null]
    }

    /// Reads what ``value`` wrote. Whatever it says, the agent is off.
    init(_ value: Value?) {
        at = value?["at"]?.asDouble ?? 0
        by = value?["by"]?.asString ?? ""
        reason = value?["reason"]?.asString
    }
}
