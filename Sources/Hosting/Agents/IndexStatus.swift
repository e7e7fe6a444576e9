import Gym
import Learning

/// How the index over an agent's actions stands.
public struct IndexStatus: Sendable {
    public enum State: String, Sendable {
        /// Being laid, or waiting for its turn: exact search answers.
        case building
        /// It answers.
        case ready
        /// It finds less than was asked for: exact search answers.
        case short
        /// It could not be laid: exact search answers.
        case failed
    }

    /// The recall that was asked for.
    public let wanted: Double
    public var state = State.building
    /// The version of the policy that it is laid for.
    public let version: Int
    /// How many actions are in it, of how many.
    public var indexed = 0
    public let count: Int
    /// How often it finds the best action, and the share of the ten best that it finds; nil where that is not measured yet.
    public var bestRecall: Double?
    public var recall: Double?
    public var effort: Int?
    /// The memory it takes.
    public var byteCount = 0
    public var seconds: Double?
    public var error: String?

    init(_ wanted: Double, _ served: Agent.Served) {
        (self.wanted, version, count) = (wanted, served.version, served.policy.embeddedCount)
    }

    /// As it goes over the wire.
    public var value: Value {
        [
            "recall": .double(wanted), "state": .string(state.rawValue), "policy_version": .int(Int64(version)),
            "indexed": .int(Int64(indexed)), "n": .int(Int64(count)),
            "measured_recall": recall.map { .double($0) } ?? .null,
            "measured_recall_of_best": bestRecall.map { .double($0) } ?? .null,
            "effort": effort.map { .int(Int64($0)) } ?? .null, "bytes": .int(Int64(byteCount)),
            "seconds": seconds.map { .double($0) } ?? .null, "error": error.map { .string($0) } ?? .null,
        ]
    }
}
