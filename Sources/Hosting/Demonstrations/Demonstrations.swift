import Gym
import Logging
import Store
import Synchronization

/// All sets of demonstrations, by id and by name: made, added to, read, deleted for good.
///
/// A set's folder holds what it is of and files of episodes; the catalogue holds a row for the set and one for each file.
/// Files are written first and count only with their row, so that after a crash a request was met whole or not at all.
public final class Demonstrations: Sendable {
    /// Of one set.
    public static let maximumSteps = 10_000_000
    public static let maximumBytes = 1 << 30

    private struct Table {
        var sets: [Identifier: DemonstrationSet] = [:]
        /// Of sets that are about to be made, too.
        var names: [Name: Identifier] = [:]
    }

    /// Tenants may give the same names.
    private struct Name: Hashable {
        let tenant: Tenant
        let text: String
    }

    private let catalogue: Catalogue
    let store: StateFolder
    let files: DemonstrationFiles
    let clock: WallClock
    private let limit: Int
    private let table = Mutex(Table())
    private let users = Mutex<[@Sendable (Identifier) -> String?]>([])
    /// Steps of all recorded episodes that are not over: they are in memory until then.
    let openSteps = Atomic(0)
    private let recordings = Atomic(0)

    init(
        catalogue: Catalogue, store: StateFolder, clock: WallClock, logger: Logger, limit: Int
    ) throws(HostingError) {
        self.catalogue = catalogue
        self.store = store
        files = DemonstrationFiles(store: store, torn: Quarantine(store: store, logger: logger))
        self.clock = clock
        self.limit = limit
        try load(logger)
    }

    /// Oldest first.
    public func all(of tenant: Tenant) -> [DemonstrationSet] { all.filter { $0.tenant == tenant } }

    var all: [DemonstrationSet] {
        table.withLock { Array($0.sets.values) }.sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    func find(_ id: Identifier) -> DemonstrationSet? { table.withLock { $0.sets[id] } }

    public func find(_ id: Identifier, of tenant: Tenant) -> DemonstrationSet? {
        find(id).flatMap { $0.tenant == tenant ? $0 : nil }
    }

    public func find(named name: String, of tenant: Tenant) -> DemonstrationSet? {
        table.withLock { table in table.names[Name(tenant: tenant, text: name)].flatMap { table.sets[$0] } }
    }

    /// Has nobody delete a set that something uses.
    /// - Parameter user: what uses a set, in words; nil where it uses it not.
    public func refuseDeletion(where user: @escaping @Sendable (Identifier) -> String?) {
        users.withLock { $0.append(user) }
    }

    /// Makes a set.
    /// - Parameter numbersName: where the name is taken, a number is appended to it; it is an error otherwise.
    public func create(
        _ about: DemonstrationSet.About, of tenant: Tenant, _ trajectories: [Trajectory] = [], numbersName: Bool = false
    ) throws(HostingError) -> DemonstrationSet {
        try checkRoom(DemonstrationSet.Counts(updatedAt: 0), for: trajectories)
        let (id, name) = try reserve(about.name, of: tenant, numbersName: numbersName)
        var about = about
        about.name = name
        let now = clock.now
        let set = DemonstrationSet(
            id: id, tenant: tenant, name: name, createdAt: now, counts: DemonstrationSet.Counts(updatedAt: now))
        do {
            try files.write(about, of: id)
            let new = try files.write(trajectories, to: id, from: 0)
            try storing { () throws(StoreError) in
                let record = DemonstrationRecord(
                    id: id.description, tenant: tenant.name, createdAt: now, updatedAt: now)
                try store.insert(record, new)
            }
            set.update { $0.add(new) }
        } catch {
            try? files.removeAll(of: id)
            table.withLock { $0.names[Name(tenant: tenant, text: name)] = nil }
            throw error
        }
        table.withLock { $0.sets[id] = set }
        return set
    }

    private func reserve(
        _ name: String, of tenant: Tenant, numbersName: Bool
    ) throws(HostingError) -> (Identifier, String) {
        let result: Result<(Identifier, String), HostingError> = table.withLock { table in
            guard table.names.count < limit else { return .failure(.tooManyDemonstrations(limit: limit)) }
            var free = name
            var number = 2
            while let other = table.names[Name(tenant: tenant, text: free)] {
                guard numbersName else { return .failure(.nameTaken(name, by: other.description)) }
                free = "\(name) \(number)"
                number += 1
            }
            let id = Identifier.random { id in !table.names.values.contains(id) }
            table.names[Name(tenant: tenant, text: free)] = id
            return .success((id, free))
        }
        return try result.get()
    }

    /// The set of this name, made where there is none.
    /// - Throws: ``HostingError/invalid(field:reason:)`` at `field` where that one is of something else.
    func findOrCreate(
        _ about: DemonstrationSet.About, of tenant: Tenant, field: String
    ) throws(HostingError) -> DemonstrationSet {
        while true {
            if let set = find(named: about.name, of: tenant) {
                if let reason = try self.about(set).objection(to: about, catalogue: catalogue) {
                    throw .invalid(field: field, reason: reason)
                }
                return set
            }
            do { return try create(about, of: tenant) } catch {
                guard case .nameTaken = error else { throw error }
            }
        }
    }

    /// What a set is of.
    public func about(_ set: DemonstrationSet) throws(HostingError) -> DemonstrationSet.About {
        try set.inTurn { () throws(HostingError) in try files.about(set.id) }
    }

    /// Forgets a set for good: when this returns, nothing of it is in the state folder.
    public func delete(_ set: DemonstrationSet) throws(HostingError) {
        try checkUnused(set)
        try set.inTurn { () throws(HostingError) in
            try set.markDeleted()
            do throws(StoreError) { try store.deleteDemonstrations(set.id.description) } catch {
                set.unmarkDeleted()
                throw .store(error)
            }
            table.withLock { table in
                table.sets[set.id] = nil
                table.names[Name(tenant: set.tenant, text: set.name)] = nil
            }
            // Without its row it is gone: should the disk refuse now, the next start removes what is left.
            try files.removeAll(of: set.id)
        }
    }

    func checkUnused(_ set: DemonstrationSet) throws(HostingError) {
        for user in users.withLock({ $0 }) {
            if let reason = user(set.id) { throw .demonstrationsInUse(set.id.description, by: reason) }
        }
    }
}

// Who records. While nobody does, a step need not even look.
extension Demonstrations {
    public var isRecording: Bool { recordings.load(ordering: .relaxed) > 0 }

    func beginRecording() { recordings.add(1, ordering: .relaxed) }
    func endRecording() { recordings.subtract(1, ordering: .relaxed) }
}

// What was kept.
extension Demonstrations {
    /// A set that cannot be read is left on disk as it is; what belongs to no set is removed.
    private func load(_ logger: Logger) throws(HostingError) {
        let records = try storing { () throws(StoreError) in try store.demonstrations() }
        for record in records {
            do { try load(record) } catch {
                logger.error(
                    "demonstrations cannot be read", metadata: ["demonstrations": "\(record.id)", "error": "\(error)"])
            }
        }
        try files.removeStrays(besides: records.map(\.id))
    }

    private func load(_ record: DemonstrationRecord) throws(HostingError) {
        guard let id = Identifier(record.id) else { throw .corrupt("it has no id") }
        let known = try files.records(of: id)
        try files.removeStrays(of: id, besides: known)
        var counts = DemonstrationSet.Counts(updatedAt: record.updatedAt)
        counts.add(known)
        let set = DemonstrationSet(
            id: id, tenant: Tenant(unchecked: record.tenant), name: try files.about(id).name,
            createdAt: record.createdAt, counts: counts)
        table.withLock { table in
            table.sets[id] = set
            table.names[Name(tenant: set.tenant, text: set.name)] = id
        }
    }
}
