import Gym

/// What a policy version was learned from.
public struct Lineage: Sendable, Equatable {
    /// A version that it goes on from, or that taught it.
    public struct Parent: Sendable, Equatable {
        public let agent: Identifier
        public let version: Int
    }

    public var parents: [Parent] = []
    public var demonstrations: [Identifier] = []
    /// Scripted experts that labelled, or `client`.
    public var experts: [String] = []
    /// The job that it came of.
    public var job: Identifier?

    /// As it goes over the wire and into the catalogue.
    public var value: Value {
        [
            "parents": .array(
                parents.map { ["agent_id": .string($0.agent.description), "version": .int(Int64($0.version))] }),
            "demonstrations": .array(demonstrations.map { .string($0.description) }),
            "experts": .array(experts.map { .string($0) }),
            "job_id": job.map { .string($0.description) } ?? .null,
        ]
    }
}
