import Foundation
import Store
import Synchronization

/// All tokens: given out, looked up, revoked. Once there is one, every request needs one: also where all have been revoked.
public final class Tokens: Sendable {
    /// How a token is asked for.
    public struct Request: Sendable {
        public var name: String
        public var tenant: Tenant
        public var scopes: Scopes
        /// Seconds from now; nil for a token that does not expire.
        public var timeToLive: Double?

        public init(name: String, tenant: Tenant = .standard, scopes: Scopes, timeToLive: Double? = nil) {
            self.name = name
            self.tenant = tenant
            self.scopes = scopes
            self.timeToLive = timeToLive
        }
    }

    private struct Table {
        var tokens: [Identifier: Token] = [:]
        var callers: [Identifier: Caller] = [:]
        /// Used since this was last written down.
        var used: Set<Identifier> = []
        var budgets: [Tenant: StepBudget] = [:]
    }

    private static let limit = 10_000

    private let store: StateFolder
    private let clock: WallClock
    private let stepsPerSecond: Int?
    private let table = Mutex(Table())
    /// One change after the other, each written down before it counts; network threads never come here.
    private let turn = DispatchSemaphore(value: 1)
    private let required = Atomic(false)
    private let changes = Atomic<UInt64>(0)
    private let everybody: Caller

    /// - Parameter stepsPerSecond: that each tenant may take.
    public init(store: StateFolder, clock: WallClock, stepsPerSecond: Int? = nil) throws(HostingError) {
        self.store = store
        self.clock = clock
        self.stepsPerSecond = stepsPerSecond
        everybody = Caller(
            name: "anyone", tenant: .standard, scopes: .all, token: nil, expiresAt: nil,
            steps: stepsPerSecond.map { StepBudget(perSecond: $0) })
        let records: [TokenRecord]
        do { records = try store.tokens() } catch { throw .store(error) }
        for record in records {
            let token = try Token(record)
            table.withLock { $0.tokens[token.id] = token }
        }
        table.withLock { $0.budgets[.standard] = everybody.steps }
        required.store(!records.isEmpty, ordering: .relaxed)
    }

    /// Whether requests need a token.
    public var areRequired: Bool { required.load(ordering: .acquiring) }

    /// Counts changes: a caller that was found before the latest one must be looked up again.
    public var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// Whoever asks while no token is required.
    public var anyone: Caller { everybody }

    /// Oldest first, revoked ones too.
    public func all(of tenant: Tenant?) -> [Token] {
        table.withLock { Array($0.tokens.values) }
            .filter { tenant == nil || $0.tenant == tenant }
            .sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    public func find(_ id: Identifier) -> Token? { table.withLock { $0.tokens[id] } }

    /// The holder of a secret; nil where it is wrong, was revoked or has expired.
    public func caller(with secret: Span<UInt8>) -> Caller? {
        let digest = SHA256.digest(of: secret)
        let now = clock.now
        guard let id = Token.id(in: secret) else { return nil }
        return table.withLock { table in
            guard let token = table.tokens[id], token.isValid(now: now),
                token.digest.isEqualInConstantTime(to: digest)
            else { return nil }
            table.tokens[id]?.lastUsedAt = now
            table.used.insert(id)
            if let caller = table.callers[id] { return caller }
            let caller = Caller(
                name: "\(token.name) (\(id))", tenant: token.tenant, scopes: token.scopes, token: id,
                expiresAt: token.expiresAt, steps: budget(of: token.tenant, in: &table))
            table.callers[id] = caller
            return caller
        }
    }

    /// For how long what ``caller(with:)`` found holds, unless there is a change.
    public func lifetime(of caller: Caller) -> Duration {
        caller.expiresAt.map { .seconds(max($0 - clock.now, 0)) } ?? .seconds(3600)
    }

    private func budget(of tenant: Tenant, in table: inout Table) -> StepBudget? {
        guard let stepsPerSecond else { return nil }
        let budget = table.budgets[tenant] ?? StepBudget(perSecond: stepsPerSecond)
        table.budgets[tenant] = budget
        return budget
    }

    /// Gives a token out: when this returns, it survives any crash.
    /// - Returns: what is known of it, and the token itself, which nobody can find out later.
    public func create(_ request: Request) throws(HostingError) -> (token: Token, secret: String) {
        try inTurn { () throws(HostingError) in
            guard table.withLock({ $0.tokens.count }) < Self.limit else {
                throw .invalid(field: "name", reason: "there are \(Self.limit) tokens, as many as are kept")
            }
            guard areRequired || (request.scopes.allow(.admin) && request.tenant == .standard) else {
                throw .invalid(
                    field: "scopes",
                    reason:
                        "the first token must have the scope \"admin\", in the tenant \"\(Tenant.standard)\": from then "
                        + "on every request needs a token, and only such a one can make others")
            }
            let now = clock.now
            let id = table.withLock { table in Identifier.random { table.tokens[$0] == nil } }
            let secret = Token.secret(of: id)
            let token = Token(
                id: id, name: request.name, tenant: request.tenant, scopes: request.scopes, createdAt: now,
                expiresAt: request.timeToLive.map { now + $0 }, digest: SHA256.digest(of: secret))
            try keep(token)
            return (token, secret)
        }
    }

    /// Has a token count no more: when this returns, no request that comes is met with it.
    public func revoke(_ id: Identifier) throws(HostingError) -> Token? {
        try inTurn { () throws(HostingError) in
            guard var token = find(id) else { return nil }
            guard token.revokedAt == nil else { return token }
            token.revokedAt = clock.now
            try keep(token)
            return token
        }
    }

    /// Writes down which tokens were used.
    public func keepUse() throws(HostingError) {
        try inTurn { () throws(HostingError) in
            let used = table.withLock { table in
                defer { table.used = [] }
                return table.used.compactMap { table.tokens[$0]?.record }
            }
            guard !used.isEmpty else { return }
            do throws(StoreError) { try store.put(used) } catch { throw .store(error) }
        }
    }

    private func keep(_ token: Token) throws(HostingError) {
        do { try store.put([token.record]) } catch { throw .store(error) }
        table.withLock { table in
            table.tokens[token.id] = token
            table.callers[token.id] = nil
        }
        required.store(true, ordering: .releasing)
        changes.add(1, ordering: .releasing)
    }

    private func inTurn<R>(_ body: () throws(HostingError) -> R) throws(HostingError) -> R {
        turn.wait()
        defer { turn.signal() }
        return try body()
    }
}
