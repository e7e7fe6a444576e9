import Foundation
import Gym
import Store
import Synchronization

/// What a durable session has on disk: its world as it once was (the base), and what happened since (the log).
///
/// Every reset and step is a record at the log's end before it is answered. Now and then, and whenever something happens
/// that no record says, the world is written anew; the log then begins anew, under the base's next number, so that a base
/// and a log that do not go together are never taken for ones that do.
final class SessionLog: Sendable {
    /// A log that is longer is replaced by the world as it is: replaying must not take long.
    private static let recordLimit = 1_000
    private static let byteLimit = 1 << 20

    private struct State {
        /// Of the base.
        var number = 0
        var records = 0
        var bytes = 0
        /// Whether the world is ahead of what is on disk: a write failed.
        var isBehind = false
        var isClosed = false
    }

    /// When the session was made, in seconds since 1970.
    let createdAt: Double
    private let store: StateFolder
    private let session: Identifier
    private let state: Mutex<State>
    /// Workers wait here for each other's writes; network threads never come here.
    private let turn = DispatchSemaphore(value: 1)

    init(_ store: StateFolder, _ session: Identifier, createdAt: Double) {
        self.createdAt = createdAt
        self.store = store
        self.session = session
        state = Mutex(State())
    }

    static let root = "sessions"
    static func folder(_ session: some CustomStringConvertible) -> String { "\(root)/\(session)" }
    static func basePath(_ session: some CustomStringConvertible) -> String { "\(folder(session))/base" }
    private var folder: String { Self.folder(session) }
    private func logPath(_ number: Int) -> String { "\(folder)/log-\(number)" }

    /// Has one at a time change the world and write that down.
    /// - Parameter isBusy: whether somebody holds the world for long, who is not waited for.
    /// - Throws: ``HostingError/unknownSession(_:)`` where it was closed meanwhile, or what `body` throws.
    func inTurn<R>(
        unless isBusy: () -> Bool, _ body: () throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        try wait(unless: isBusy)
        defer { turn.signal() }
        guard !state.withLock({ $0.isClosed }) else { throw .unknownSession(session.description) }
        return try body()
    }

    private func wait(unless isBusy: () -> Bool) throws(HostingError) {
        while turn.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
            if isBusy() { throw .sessionBusy(session.description) }
        }
    }

    var isBehind: Bool { state.withLock { $0.isBehind } }

    /// - Throws: where there is no room for what is about to happen.
    func checkRoom() throws(HostingError) {
        do { try store.checkRoom() } catch { throw .store(error) }
    }

    /// Whether what happened asks for a new base rather than a record.
    func needsBase(for journal: Journal) -> Bool {
        guard !journal.isEmpty else { return false }
        return journal.hasOther || journal.entries.count > 1
            || state.withLock { $0.records >= Self.recordLimit || $0.bytes >= Self.byteLimit }
    }

    /// Writes a record behind the others.
    func append(_ entry: Journal.Entry) throws(HostingError) {
        let record = RecordLog.record(entry.bytes)
        let number = state.withLock { $0.number }
        do { try store.append(record, to: logPath(number)) } catch {
            state.withLock { $0.isBehind = true }
            throw .store(error)
        }
        state.withLock {
            $0.records += 1
            $0.bytes += record.count
        }
    }

    /// Writes the world as it is, in place of all that is there.
    func write(_ base: SessionBase) throws(HostingError) {
        var base = base
        let old = state.withLock { $0.number }
        base.number = old + 1
        do { try store.write(base.bytes, to: Self.basePath(session)) } catch {
            state.withLock { $0.isBehind = true }
            throw .store(error)
        }
        state.withLock { $0 = State(number: old + 1) }
        // One that stays is removed at the next start.
        try? store.remove(logPath(old))
    }

    /// The records that go with the base of a number, whole ones only; logs of other numbers are removed.
    func records(from number: Int) throws(HostingError) -> [[UInt8]] {
        do throws(StoreError) {
            let own = "log-\(number)"
            for name in try store.list(folder) where name != own && name != "base" {
                try store.remove("\(folder)/\(name)")
            }
            let (records, bytes, isWhole) = try store.records(in: "\(folder)/\(own)")
            // What was torn off was never answered; nothing may come behind it.
            state.withLock {
                $0 = State(number: number, records: records.count, bytes: bytes, isBehind: !isWhole)
            }
            return records
        } catch {
            throw .store(error)
        }
    }

    /// Removes everything: the base first, without which nothing is restored.
    /// - Parameter isBusy: whether somebody holds the world for long, who is not waited for.
    func remove(unless isBusy: () -> Bool = { false }) throws(HostingError) {
        try wait(unless: isBusy)
        defer { turn.signal() }
        do throws(StoreError) {
            try store.remove(Self.basePath(session))
            state.withLock { $0.isClosed = true }
            try store.remove(folder)
        } catch {
            throw .store(error)
        }
    }
}
