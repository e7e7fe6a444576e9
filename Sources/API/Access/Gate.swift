import HTTP
import Hosting

/// Who may have which operation done: asked before a request's body is read.
struct Gate: Sendable {
    let tokens: Tokens

    /// Finds out who asks, and whether they may.
    /// - Returns: what is wrong; nil where the operation may run.
    func admit(_ exchange: Exchange, to access: Operation.Access) -> HTTPFault? {
        guard tokens.areRequired else {
            exchange.caller = tokens.anyone
            return nil
        }
        let found = exchange.findCaller(tokens.generation) { secret in
            tokens.caller(with: secret).map { ($0, tokens.lifetime(of: $0)) }
        }
        guard let caller = found as? Caller else { return access == .anyone ? nil : refusal(of: exchange) }
        exchange.caller = caller
        return allows(caller, access) ? nil : .forbidden(need(of: access))
    }

    private func allows(_ caller: Caller, _ access: Operation.Access) -> Bool {
        switch access {
        case .anyone: true
        case .scope(let scope): caller.scopes.allow(scope)
        case .runner: caller.isOperator
        }
    }

    private func refusal(of exchange: Exchange) -> HTTPFault {
        guard exchange.hasAuthorization else {
            return .unauthorized("this daemon asks for a token: send Authorization: Bearer TOKEN", isKnown: false)
        }
        return .unauthorized("the token is unknown, was revoked or has expired", isKnown: true)
    }

    private func need(of access: Operation.Access) -> String {
        switch access {
        case .anyone: "the token does not go so far"
        case .scope(let scope): "this needs a token with the scope \"\(scope.rawValue)\""
        case .runner:
            "this needs a token with the scope \"\(Scope.admin.rawValue)\" in the tenant \"\(Tenant.standard)\", whose "
                + "administrators run the daemon"
        }
    }
}
