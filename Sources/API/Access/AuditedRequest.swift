import HTTP
import Hosting
import Store

/// A request that the audit log has: that it begins, and how it ended.
struct AuditedRequest: Sendable {
    private let change: Audit.Change
    private let isDurable: Bool
    private let audit: Audit

    init(_ operation: Operation, _ exchange: Exchange, _ caller: Caller, _ audit: Audit) {
        change = Audit.Change(
            operation.name, tenant: caller.tenant, caller: caller.name, request: exchange.requestID,
            path: exchange.rawPath,
            body: exchange.bodyCount == 0 ? nil : exchange.withBody { SHA256.digest(of: $0) })
        isDurable = operation.isDurable
        self.audit = audit
    }

    func begin() throws(HostingError) -> Int { try audit.begin(change, isDurable: isDurable) }

    /// For what takes effect before it is recorded, and whatever becomes of that.
    func note(_ reply: Reply) {
        if let sequence = try? begin() { end(sequence, reply) }
    }

    func end(_ sequence: Int, _ reply: Reply) {
        audit.end(
            change, sequence, status: reply.status, location: reply.headers.first { $0.name == "Location" }?.value,
            isDurable: isDurable)
    }
}
