import Foundation
import Gym
import Store
import Synchronization

/// All sessions, by id: created, found, closed, and expired when their lease runs out.
public final class Sessions: Sendable {
    public let catalogue: Catalogue
    private let limit: Atomic<Int>
    private let environmentLimit: Int
    /// Of sessions of one tenant.
    private let quota: Int?
    /// Where durable sessions are kept; nil for nowhere.
    let store: StateFolder?
    private let table = Mutex(Table())
    private let durables = Atomic(0)

    private struct Table {
        /// Each with the second that ``leases`` look at it in.
        private(set) var entries: [Identifier: (session: Session, turn: Int)] = [:]
        /// Of all sessions together.
        private(set) var environments = 0
        private(set) var counts: [Tenant: Int] = [:]
        private var leases = Leases()

        mutating func add(_ session: Session, expiry: ContinuousClock.Instant) {
            entries[session.id] = (session, leases.add(session.id, at: expiry))
            environments += session.count
            counts[session.request.tenant, default: 0] += 1
        }

        mutating func remove(_ session: Session) {
            guard let entry = entries.removeValue(forKey: session.id) else { return }
            leases.remove(session.id, from: entry.turn)
            environments -= session.count
            counts[session.request.tenant, default: 1] -= 1
        }

        /// The sessions whose lease may have run out; each is to be removed or looked at again.
        mutating func takeDue(by now: ContinuousClock.Instant) -> [Session] {
            leases.take(by: now).compactMap { entries[$0]?.session }
        }

        mutating func lookAgain(at session: Session, _ time: ContinuousClock.Instant) {
            guard entries[session.id] != nil else { return }
            entries[session.id]?.turn = leases.add(session.id, at: time)
        }
    }

    /// - Parameters:
    ///   - limit: of sessions.
    ///   - environmentLimit: of the environments of all sessions together, which bounds the memory that clients can take.
    ///   - quota: of sessions of one tenant.
    ///   - store: where durable sessions are kept.
    public init(
        catalogue: Catalogue, limit: Int, environmentLimit: Int = 1 << 20, quota: Int? = nil,
        store: StateFolder? = nil
    ) {
        self.store = store
        self.quota = quota
        self.environmentLimit = environmentLimit
        self.catalogue = catalogue
        self.limit = Atomic(limit)
    }

    /// Whether there is any durable session: while there is none, a step need not even look.
    public var hasDurable: Bool { durables.load(ordering: .relaxed) > 0 }

    /// Takes another limit; sessions beyond it stay.
    func adopt(limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    public var count: Int { table.withLock { $0.entries.count } }

    /// In no particular order.
    private var all: [Session] { table.withLock { $0.entries.values.map(\.session) } }

    public func all(of tenant: Tenant) -> [Session] { all.filter { $0.request.tenant == tenant } }

    public func create(_ request: Session.Request, now: ContinuousClock.Instant = .now) throws(HostingError) -> Session
    {
        let (sessions, environments) = table.withLock { ($0.entries.count, $0.environments) }
        let limit = self.limit.load(ordering: .relaxed)
        guard sessions < limit else { throw .tooManySessions(limit: limit) }
        try Quotas.check(.sessions, quota, { table.withLock { $0.counts[request.tenant] ?? 0 } })
        guard environments + request.options.count <= environmentLimit else {
            throw .tooManyEnvironments(limit: environmentLimit)
        }
        let id = table.withLock { table in Identifier.random { table.entries[$0] == nil } }
        let session = try make(request, id: id, now: now)
        if let log = session.log {
            do { try session.keep(log) } catch {
                try? log.remove()
                throw error
            }
        }
        add(session)
        return session
    }

    /// Makes a session that nobody finds yet.
    func make(
        _ request: Session.Request, id: Identifier, now: ContinuousClock.Instant = .now,
        createdAt: ContinuousClock.Instant? = nil, seconds: Double = Date().timeIntervalSince1970
    ) throws(HostingError) -> Session {
        do {
            let spec = try catalogue.spec(request.environment)
            var log: SessionLog?
            if request.isDurable, let store {
                guard !spec.isHosted else {
                    throw HostingError.invalid(
                        field: "durable",
                        reason: "\(spec.id) lives in another process, which cannot save it: it ends with that process")
                }
                log = SessionLog(store, id, createdAt: seconds)
            }
            return try Session(id: id, request: request, spec: spec, log: log, now: now, createdAt: createdAt)
        } catch {
            throw HostingError(error)
        }
    }

    /// Has a session be found.
    func add(_ session: Session) {
        let expiry = session.expiry
        if session.isDurable { durables.add(1, ordering: .relaxed) }
        table.withLock { $0.add(session, expiry: expiry) }
    }

    private func remove(_ session: Session) {
        let isGone = table.withLock { table in
            defer { table.remove(session) }
            return table.entries[session.id] != nil
        }
        if isGone && session.isDurable { durables.subtract(1, ordering: .relaxed) }
    }

    /// - Returns: nil also where the session is another tenant's, or its lease has run out and nobody has swept yet.
    public func find(_ id: Identifier, of tenant: Tenant, now: ContinuousClock.Instant = .now) -> Session? {
        let session = table.withLock { $0.entries[id]?.session }
        guard let session, session.request.tenant == tenant, !session.isExpired(now: now) else { return nil }
        return session
    }

    /// Closes a session, and stores what it recorded of an episode that is on.
    /// - Throws: ``HostingError/sessionBusy(_:)``, and it stays; or what could not be stored or, of a durable one, removed.
    public func close(_ session: Session) throws(HostingError) {
        if let log = session.log {
            try log.remove(unless: { session.isHeldForLong })
            return remove(session)
        }
        do { try session.stopRecording() } catch {
            if case .sessionBusy = error { throw error }
            remove(session)
            throw error
        }
        remove(session)
    }

    /// Closes the sessions whose lease has run out.
    /// - Parameter onFault: told what could not be stored of a session.
    /// - Returns: how many.
    public func expire(
        now: ContinuousClock.Instant = .now, onFault: (Session, HostingError) -> Void = { _, _ in }
    ) -> Int {
        var count = 0
        for session in table.withLock({ $0.takeDue(by: now) }) {
            if session.isExpired(now: now) {
                count += 1
                do { try close(session) } catch { onFault(session, error) }
            }
            // Also where it could not be closed.
            let next = max(session.expiry, now)
            table.withLock { $0.lookAgain(at: session, next) }
        }
        return count
    }

    /// Stores what every session has recorded, and records no more.
    /// - Parameter onFault: told what could not be stored of a session.
    func stopRecording(onFault: (Session, HostingError) -> Void) {
        for session in all {
            do { try session.stopRecording() } catch { onFault(session, error) }
        }
    }

    public func snapshot(_ session: Session) throws(HostingError) -> Snapshot {
        try session.use { world throws(HostingError) in
            guard world.vector.isSavable else { throw .environment(.unsavable(session.request.environment)) }
            return Snapshot(world, of: session)
        }
    }

    public func restore(_ session: Session, from snapshot: Snapshot) throws(HostingError) {
        try session.drive { world throws(HostingError) in
            do throws(EnvironmentError) { try snapshot.restore(&world, of: session) } catch {
                throw .environment(error)
            }
        }
    }

    /// Makes `copies` sessions that stand exactly where `session` stands; they are not recorded.
    public func fork(_ session: Session, copies: Int) throws(HostingError) -> [Session] {
        let limit = self.limit.load(ordering: .relaxed)
        guard count + copies <= limit else { throw .tooManySessions(limit: limit) }
        let tenant = session.request.tenant
        try Quotas.check(.sessions, quota, { table.withLock { $0.counts[tenant] ?? 0 } }, adding: copies)
        let snapshot = try snapshot(session)
        var forks: [Session] = []
        do {
            for _ in 0..<copies {
                let fork = try create(session.request)
                forks.append(fork)
                try restore(fork, from: snapshot)
            }
        } catch {
            for fork in forks { try close(fork) }
            throw error
        }
        return forks
    }
}
