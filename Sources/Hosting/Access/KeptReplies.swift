import Foundation
import Logging
import Store
import Synchronization

/// What requests with an `Idempotency-Key` were answered, so that a retry has no second effect. Those about what survives a
/// restart survive it too; those about instances are forgotten with them.
public final class KeptReplies: Sendable {
    public struct Reply: Sendable {
        public var status: Int
        public var contentType: String?
        public var location: String?
        /// nil where it is too large to be kept, or a secret.
        public var body: [UInt8]?

        public init(status: Int, contentType: String?, location: String?, body: [UInt8]?) {
            self.status = status
            self.contentType = contentType
            self.location = location
            self.body = body
        }
    }

    /// A request that is being answered.
    public struct Ticket: Sendable {
        fileprivate let key: Key
        fileprivate let fingerprint: [UInt8]
        fileprivate let createdAt: Double
        fileprivate let isDurable: Bool
    }

    /// What a request with a key comes to.
    public enum Attempt: Sendable {
        /// It is the first; whoever gets this calls ``finish(_:with:)`` or ``abandon(_:)``.
        case first(Ticket)
        case repeated(Reply)
        /// The first one is still being answered.
        case running
        /// Another request had the key.
        case taken
        /// The daemon ended while it answered the first one: nobody knows what came of it.
        case interrupted
    }

    struct Key: Hashable, Sendable {
        let tenant: Tenant
        let text: String
    }

    private struct Entry {
        let fingerprint: [UInt8]
        let createdAt: Double
        let reply: Reply
    }

    /// How long a reply is kept, in seconds.
    private static let lifetime = 86_400.0
    /// Bytes of a body that is kept.
    private static let longest = 1 << 20
    /// Bytes of those in memory: past these the older half goes.
    private static let room = 64 << 20

    private struct Memory {
        /// The fingerprints of requests that are being answered.
        var running: [Key: [UInt8]] = [:]
        private var young: [Key: Entry] = [:]
        private var old: [Key: Entry] = [:]
        /// Bytes of the young ones.
        private var size = 0
        var stored: StoredKeys

        init(_ stored: StoredKeys) { self.stored = stored }

        subscript(key: Key) -> Entry? { young[key] ?? old[key] }

        mutating func add(_ entry: Entry, _ key: Key) {
            young[key] = entry
            size += 512 + (entry.reply.body?.count ?? 0)
            guard size > KeptReplies.room / 2 else { return }
            // In the tables that are there: new ones would grow among all that they hold, and leave holes.
            swap(&old, &young)
            young.removeAll(keepingCapacity: true)
            size = 0
        }
    }

    private let store: StateFolder
    private let clock: WallClock
    private let logger: Logger
    private let memory: Mutex<Memory>

    init(store: StateFolder, clock: WallClock, logger: Logger) throws(HostingError) {
        self.store = store
        self.clock = clock
        self.logger = logger
        var stored = StoredKeys(lifetime: Self.lifetime, now: clock.now)
        do {
            for (tenant, key) in try store.replyKeys() {
                stored.insert(Key(tenant: Tenant(unchecked: tenant), text: key), now: clock.now)
            }
        } catch { throw .store(error) }
        memory = Mutex(Memory(stored))
    }

    /// - Parameters:
    ///   - fingerprint: of all that the request says.
    ///   - isDurable: whether its effect survives a restart.
    public func begin(
        _ text: String, of tenant: Tenant, fingerprint: [UInt8], isDurable: Bool
    ) throws(HostingError) -> Attempt {
        let key = Key(tenant: tenant, text: text)
        let now = clock.now
        let (known, mayBeStored) = memory.withLock { memory -> (Attempt?, Bool) in
            if let running = memory.running[key] { return (running == fingerprint ? .running : .taken, false) }
            if let entry = memory[key], entry.createdAt > now - Self.lifetime {
                return (entry.fingerprint == fingerprint ? .repeated(entry.reply) : .taken, false)
            }
            memory.running[key] = fingerprint
            defer { if isDurable { memory.stored.insert(key, now: now) } }
            return (nil, memory.stored.mayContain(key))
        }
        if let known { return known }
        let ticket = Ticket(key: key, fingerprint: fingerprint, createdAt: now, isDurable: isDurable)
        do throws(StoreError) {
            if mayBeStored, let record = try store.reply(to: text, of: tenant.name),
                record.createdAt > now - Self.lifetime
            {
                forget(key)
                guard [UInt8](record.fingerprint) == fingerprint else { return .taken }
                return Reply(record).map { .repeated($0) } ?? .interrupted
            }
            if isDurable { try store.put(ticket.record(nil)) }
        } catch {
            forget(key)
            throw .store(error)
        }
        return .first(ticket)
    }

    /// Keeps what the first request was answered; to be called before it is.
    public func finish(_ ticket: Ticket, with reply: Reply) {
        var reply = reply
        if let body = reply.body, body.count > Self.longest { reply.body = nil }
        guard ticket.isDurable else { return remember(ticket, reply) }
        do { try store.put(ticket.record(reply)) } catch {
            // The row that says that it began is there: a retry is told that nobody knows, and has no effect.
            report("a reply cannot be kept", ticket, error)
        }
        forget(ticket.key)
    }

    /// Forgets a request that had no effect.
    public func abandon(_ ticket: Ticket) {
        if ticket.isDurable {
            do { try store.deleteReply(to: ticket.key.text, of: ticket.key.tenant.name) } catch {
                report("a key cannot be forgotten", ticket, error)
            }
        }
        forget(ticket.key)
    }

    /// Forgets what is too old.
    func forgetOld() throws(HostingError) {
        do { try store.deleteReplies(before: clock.now - Self.lifetime) } catch { throw .store(error) }
    }

    private func forget(_ key: Key) { memory.withLock { $0.running[key] = nil } }

    private func remember(_ ticket: Ticket, _ reply: Reply) {
        memory.withLock { memory in
            memory.add(
                Entry(fingerprint: ticket.fingerprint, createdAt: ticket.createdAt, reply: reply), ticket.key)
            memory.running[ticket.key] = nil
        }
    }

    private func report(_ what: Logger.Message, _ ticket: Ticket, _ error: StoreError) {
        logger.error(what, metadata: ["key": "\(ticket.key.text)", "error": "\(error)"])
    }
}

extension KeptReplies.Ticket {
    fileprivate func record(_ reply: KeptReplies.Reply?) -> ReplyRecord {
        ReplyRecord(
            tenant: key.tenant.name, key: key.text, fingerprint: Data(fingerprint), createdAt: createdAt,
            status: reply?.status, contentType: reply?.contentType, location: reply?.location,
            body: reply?.body.map { Data($0) })
    }
}

extension KeptReplies.Reply {
    fileprivate init?(_ record: ReplyRecord) {
        guard let status = record.status else { return nil }
        self.init(
            status: status, contentType: record.contentType, location: record.location,
            body: record.body.map { [UInt8]($0) })
    }
}
