import Gym
import Synchronization

/// All sessions, by id: created, found, closed, and expired when their lease runs out.
public final class Sessions: Sendable {
    public let catalogue: Catalogue
    private let limit: Atomic<Int>
    private let environmentLimit: Int
    private let table = Mutex(Table())

    private struct Table {
        /// Each with the second that ``leases`` look at it in.
        private(set) var entries: [Identifier: (session: Session, turn: Int)] = [:]
        /// Of all sessions together.
        private(set) var environments = 0
        private var leases = Leases()

        mutating func add(_ session: Session, expiry: ContinuousClock.Instant) {
            entries[session.id] = (session, leases.add(session.id, at: expiry))
            environments += session.count
        }

        mutating func remove(_ session: Session) {
            guard let entry = entries.removeValue(forKey: session.id) else { return }
            leases.remove(session.id, from: entry.turn)
            environments -= session.count
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
    public init(catalogue: Catalogue, limit: Int, environmentLimit: Int = 1 << 20) {
        self.environmentLimit = environmentLimit
        self.catalogue = catalogue
        self.limit = Atomic(limit)
    }

    /// Takes another limit; sessions beyond it stay.
    func adopt(limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    public var count: Int { table.withLock { $0.entries.count } }

    /// In no particular order.
    public var all: [Session] { table.withLock { $0.entries.values.map(\.session) } }

    public func create(_ request: Session.Request, now: ContinuousClock.Instant = .now) throws(HostingError) -> Session
    {
        let (sessions, environments) = table.withLock { ($0.entries.count, $0.environments) }
        let limit = self.limit.load(ordering: .relaxed)
        guard sessions < limit else { throw .tooManySessions(limit: limit) }
        guard environments + request.options.count <= environmentLimit else {
            throw .tooManyEnvironments(limit: environmentLimit)
        }
        let session: Session
        do {
            let spec = try catalogue.spec(request.environment)
            let id = table.withLock { table in Identifier.random { table.entries[$0] == nil } }
            session = try Session(id: id, request: request, spec: spec, now: now)
        } catch {
            throw .environment(error)
        }
        let expiry = session.expiry
        table.withLock { $0.add(session, expiry: expiry) }
        return session
    }

    /// - Returns: nil also where the lease has run out and nobody has swept yet.
    public func find(_ id: Identifier, now: ContinuousClock.Instant = .now) -> Session? {
        let session = table.withLock { $0.entries[id]?.session }
        guard let session, !session.isExpired(now: now) else { return nil }
        return session
    }

    /// Closes a session, and stores what it recorded of an episode that is on.
    /// - Throws: ``HostingError/sessionBusy(_:)``, and it stays; or what could not be stored.
    public func close(_ session: Session) throws(HostingError) {
        do { try session.stopRecording() } catch {
            if case .sessionBusy = error { throw error }
            table.withLock { $0.remove(session) }
            throw error
        }
        table.withLock { $0.remove(session) }
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
