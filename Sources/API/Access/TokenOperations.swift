import Gym
import HTTP
import Hosting
import JSON
import Store

/// Tokens given out, listed and revoked. A tenant's own administrator sees and makes those of the tenant.
enum TokenOperations {
    static func createToken(_ call: Call) throws(Problem) -> Reply {
        let fields = try call.requiredFields(["name", "tenant", "scopes", "ttl_s"])
        _ = try fields.required("name")
        let request = Tokens.Request(
            name: try fields.string("name", lengths: 1...100) ?? "", tenant: try tenant(fields, call),
            scopes: try scopes(fields),
            timeToLive: try fields.double("ttl_s", "seconds, above 0") { $0 > 0 && $0 <= 1e10 })
        let made: (token: Token, secret: String)
        do { made = try call.hall.tokens.create(request) } catch { throw Problem(error) }
        guard case .object(let members) = describe(made.token, call.hall.clock) else { return .json([:]) }
        return .json(
            .object(members + [.init("token", .string(made.secret))]), status: 201,
            headers: [("Location", "/v1/tokens/\(made.token.id)"), ("Cache-Control", "no-store")])
    }

    static func listTokens(_ call: Call) throws(Problem) -> Reply {
        let tokens = call.hall.tokens.all(of: call.caller.isOperator ? nil : call.tenant)
        let page = try Page(call, of: tokens) { $0.id.description }
        return page.reply(page.items.map { describe($0, call.hall.clock) })
    }

    static func getToken(_ call: Call) throws(Problem) -> Reply {
        return .json(describe(try call.token(), call.hall.clock))
    }

    static func revokeToken(_ call: Call) throws(Problem) -> Reply {
        let token = try call.token()
        do {
            return .json(describe(try call.hall.tokens.revoke(token.id) ?? token, call.hall.clock))
        } catch {
            throw Problem(error)
        }
    }

    private static func tenant(_ fields: Fields, _ call: Call) throws(Problem) -> Tenant {
        guard let name = try fields.string("tenant") else { return call.tenant }
        guard let tenant = Tenant(name) else {
            throw .invalid("expected 1 to 40 lowercase letters, digits and hyphens", at: "/tenant")
        }
        guard tenant == call.tenant || call.caller.isOperator else {
            throw Problem(
                .forbidden, "only an administrator of the tenant \"\(Tenant.standard)\" makes tokens of others",
                at: "/tenant")
        }
        return tenant
    }

    private static func scopes(_ fields: Fields) throws(Problem) -> Scopes {
        let words = Scope.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let json = try fields.required("scopes")
        guard json.kind == .array, (1...Scope.allCases.count).contains(json.count) else {
            throw .invalid("expected an array of some of \(words)", at: "/scopes")
        }
        var scopes: [Scope] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let scope = element.string.flatMap(Scope.init(rawValue:)) else {
                throw .invalid("expected one of \(words)", at: fields.at("scopes").appending(index).description)
            }
            scopes.append(scope)
        }
        return Scopes(scopes)
    }

    private static func describe(_ token: Token, _ clock: WallClock) -> Value {
        func time(_ time: Double?) -> Value { time.map { .string(clock.timestamp($0)) } ?? .null }
        return [
            "token_id": .string(token.id.description), "name": .string(token.name),
            "tenant": .string(token.tenant.name), "scopes": .strings(token.scopes.words.map(\.rawValue)),
            "created_at": time(token.createdAt), "expires_at": time(token.expiresAt),
            "revoked_at": time(token.revokedAt), "last_used_at": time(token.lastUsedAt),
        ]
    }
}

extension Call {
    /// The token that the path names.
    fileprivate func token() throws(Problem) -> Token {
        guard let token = identifier.flatMap({ hall.tokens.find($0) }), caller.isOperator || token.tenant == tenant
        else { throw Problem(.notFound, "there is no token \(exchange.segment(0))") }
        return token
    }
}
