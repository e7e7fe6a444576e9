/// Who asks: the holder of a token, or anyone where there are none.
public final class Caller: Sendable {
    /// A token's id and name, or "anyone"; never the token.
    public let name: String
    public let tenant: Tenant
    public let scopes: Scopes
    /// The token; nil for anyone.
    public let token: Identifier?
    /// Seconds since 1970; nil where it does not expire.
    let expiresAt: Double?
    /// What is left of the tenant's steps; nil where they are not counted.
    let steps: StepBudget?

    init(
        name: String, tenant: Tenant, scopes: Scopes, token: Identifier?, expiresAt: Double?, steps: StepBudget?
    ) {
        self.name = name
        self.tenant = tenant
        self.scopes = scopes
        self.token = token
        self.expiresAt = expiresAt
        self.steps = steps
    }

    /// Whoever asks without a token where one is needed.
    public static let nobody = Caller(
        name: "nobody", tenant: .nobody, scopes: Scopes([]), token: nil, expiresAt: nil, steps: nil)

    /// Whether it is whoever runs the daemon, rather than a tenant's own administrator.
    public var isOperator: Bool { tenant == .standard && scopes.allow(.admin) }

    /// Pays for steps of environments.
    /// - Throws: ``HostingError/quotaExceeded(_:)`` where the tenant has taken too many lately.
    public func pay(steps count: Int) throws(HostingError) { try steps?.take(count) }

    /// Pays for steps that have been taken.
    public func owe(steps count: Int) { steps?.owe(count) }
}
