import Foundation
import Gym
import Store
import Synchronization

/// A set of demonstrations while the daemon runs: its name and how large it is. The rest is on disk.
public final class DemonstrationSet: Sendable {
    /// What a set is of: fixed when it is made, kept as JSON beside its episodes.
    public struct About: Sendable {
        public var name: String
        /// The environment that it shows; nil where it was made for two spaces.
        public var environment: String?
        public var kwargs: Value?
        public var observationSpace: Space
        public var actionSpace: Space
        /// Whatever the client wants to know of it later, an object.
        public var metadata: Value?

        public init(
            name: String, environment: String?, kwargs: Value?, observationSpace: Space, actionSpace: Space,
            metadata: Value? = nil
        ) {
            self.name = name
            self.environment = environment
            self.kwargs = kwargs
            self.observationSpace = observationSpace
            self.actionSpace = actionSpace
            self.metadata = metadata
        }
    }

    /// How much it holds.
    public struct Counts: Sendable, Equatable {
        public var episodes = 0
        public var steps = 0
        /// Of its files.
        public var bytes = 0
        /// Seconds since 1970.
        public var updatedAt: Double
    }

    private struct Life {
        var counts: Counts
        var recorders: Set<Identifier> = []
        var isDeleted = false
    }

    public let id: Identifier
    public let tenant: Tenant
    public let name: String
    /// Seconds since 1970.
    public let createdAt: Double
    private let life: Mutex<Life>
    /// Workers wait here for each other's work on the set's files; network threads never come here.
    private let turn = DispatchSemaphore(value: 1)

    init(id: Identifier, tenant: Tenant, name: String, createdAt: Double, counts: Counts) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.createdAt = createdAt
        life = Mutex(Life(counts: counts))
    }

    public var counts: Counts { life.withLock { $0.counts } }

    func update(_ change: (inout Counts) -> Void) { life.withLock { change(&$0.counts) } }

    /// Has one at a time work on the set's files.
    /// - Throws: ``HostingError/unknownDemonstrations(_:)`` where it was deleted meanwhile, or what `body` throws.
    func inTurn<R>(_ body: () throws(HostingError) -> R) throws(HostingError) -> R {
        turn.wait()
        defer { turn.signal() }
        guard !life.withLock({ $0.isDeleted }) else { throw .unknownDemonstrations(id.description) }
        return try body()
    }

    /// Notes a session that records into the set.
    func beginRecording(_ session: Identifier) throws(HostingError) {
        let isThere = life.withLock { life in
            if !life.isDeleted { life.recorders.insert(session) }
            return !life.isDeleted
        }
        guard isThere else { throw .unknownDemonstrations(id.description) }
    }

    func endRecording(_ session: Identifier) { life.withLock { _ = $0.recorders.remove(session) } }

    /// From here on nobody adds to it.
    /// - Throws: ``HostingError/demonstrationsInUse(_:by:)`` while a session records into it.
    func markDeleted() throws(HostingError) {
        let recorder = life.withLock { life in
            if life.recorders.isEmpty { life.isDeleted = true }
            return life.recorders.first
        }
        if let recorder { throw .demonstrationsInUse(id.description, by: "instance \(recorder) records into it") }
    }

    func unmarkDeleted() { life.withLock { $0.isDeleted = false } }
}

extension DemonstrationSet.About {
    /// As it is kept, and as it goes over the wire.
    public var value: Value {
        [
            "name": .string(name), "env_id": environment.map { .string($0) } ?? .null, "kwargs": kwargs ?? [:],
            "observation_space": observationSpace.description, "action_space": actionSpace.description,
            "metadata": metadata ?? [:],
        ]
    }

    /// Reads what ``value`` wrote.
    init(_ value: Value) throws(HostingError) {
        guard let name = value["name"]?.asString, let observation = value["observation_space"],
            let action = value["action_space"]
        else { throw .corrupt("a set of demonstrations has no name or no spaces") }
        do {
            observationSpace = try Space(description: observation)
            actionSpace = try Space(description: action)
        } catch {
            throw .corrupt("\(error)")
        }
        self.name = name
        environment = value["env_id"]?.asString
        kwargs = value["kwargs"]
        metadata = value["metadata"]
    }

    /// Whether episodes of `other` may be added to a set of this.
    /// - Returns: a sentence that says why not.
    func objection(to other: Self, catalogue: Catalogue) -> String? {
        func spec(_ about: Self) -> EnvironmentSpec? { about.environment.flatMap { try? catalogue.spec($0) } }
        guard spec(self)?.id == spec(other)?.id else {
            return "the set \"\(name)\" is of \(environment ?? "no environment that is here")"
        }
        if let spec = spec(self), !spec.resolved(kwargs).isEqual(spec.resolved(other.kwargs)) {
            return "the set \"\(name)\" is of \(spec.id) with the kwargs \((kwargs ?? [:]).json)"
        }
        return observationSpace == other.observationSpace && actionSpace == other.actionSpace
            ? nil : "the set \"\(name)\" has other spaces"
    }
}

extension DemonstrationSet.Counts {
    mutating func add(_ files: [DemonstrationFileRecord]) {
        for file in files {
            episodes += file.episodes
            steps += file.steps
            bytes += file.bytes
        }
    }

    mutating func remove(_ files: [DemonstrationFileRecord]) {
        for file in files {
            episodes -= file.episodes
            steps -= file.steps
            bytes -= file.bytes
        }
    }
}
