import Gym
import HTTP
import Hosting
import JSON
import Store

/// One request as an operation sees it: ids resolved, body parsed, query checked; every fault thrown as a problem.
struct Call {
    static let json = "application/json"
    static let tensors = "application/vnd.safetensors"

    let exchange: Exchange
    let hall: Hall
    let meter: Meter
    /// Who asks.
    let caller: Caller
    /// Keeps the reply for a retry, where there may be one.
    let keep: (@Sendable (Reply) -> Reply)?

    /// Whose things are seen.
    var tenant: Tenant { caller.tenant }

    /// Answers, also for an operation that has returned without a reply.
    func respond(_ reply: Reply) { exchange.respond(keep?(reply) ?? reply) }

    /// Pays for steps of environments.
    func pay(steps count: Int) throws(Problem) {
        do { try caller.pay(steps: count) } catch { throw Problem(error) }
    }

    /// Whether the tenant may store what the body brings.
    func checkRoom() throws(Problem) {
        do { try hall.checkRoom(of: tenant, adding: exchange.bodyCount) } catch { throw Problem(error) }
    }

    /// The id that the path names; nil where it is no id.
    var identifier: Identifier? { exchange.withSegment(0) { Identifier(bytes: $0) } }

    func findSession(now: ContinuousClock.Instant = .now) -> Session? {
        identifier.flatMap { hall.sessions.find($0, of: tenant, now: now) }
    }

    /// The session that the path names. The old server's routes answer 400 where there is none, the others 404.
    func session(old: Bool = false) throws(Problem) -> Session { try existing(findSession(), old: old) }

    func existing(_ session: Session?, old: Bool) throws(Problem) -> Session {
        guard let session else {
            throw Problem(
                .unknownInstance, "Instance_id \(exchange.segment(0)) unknown", status: old ? 400 : 404)
        }
        return session
    }

    /// Whether the body is tensors rather than JSON.
    func hasTensors() throws(Problem) -> Bool {
        switch exchange.mediaType {
        case .safetensors: return true
        case .json: return false
        case .form where !exchange.hasOrigin, .none where !exchange.hasOrigin: return false
        case .form, .none, .ndjson, .octets, .other:
            throw Problem(
                .unsupportedMediaType,
                "send JSON with Content-Type: application/json, which curl's --json sets, or tensors with "
                    + "Content-Type: \(Self.tensors)")
        }
    }

    /// The body as JSON; nil where there is none.
    func json() throws(Problem) -> JSONValue? {
        if exchange.bodyCount == 0 { return nil }
        guard try !hasTensors() else {
            throw Problem(
                .unsupportedMediaType, "this takes JSON: send it with curl's --json, or Content-Type: application/json")
        }
        do {
            return try exchange.withBody { body throws(JSONError) in try JSONDocument(parsing: body).root }
        } catch {
            throw Problem(.invalidJSON, "\(error)", at: "")
        }
    }

    /// The fields of the body, which may be absent.
    func fields(_ known: [String]) throws(Problem) -> Fields? {
        guard let json = try json() else { return nil }
        return try Fields(json, known: known)
    }

    /// The fields of a body that must be there.
    func requiredFields(_ known: [String]) throws(Problem) -> Fields {
        guard let fields = try fields(known) else {
            throw Problem(.invalidJSON, "this needs a body: a JSON object", at: "")
        }
        return fields
    }

    /// The tensors of the body, by name.
    func tensors() throws(Problem) -> Safetensors {
        do {
            return try exchange.withBody { body throws(StoreError) in try Safetensors(parsing: body) }
        } catch {
            throw Problem(error)
        }
    }

    /// Whether `Accept` asks for tensors.
    var wantsTensors: Bool { exchange.acceptContains(Self.tensors) }

    /// A query parameter, one of those that the operation's row names.
    func query(_ name: String) -> String? { exchange.query(named: name) }

    /// Refuses parameters that are not among those known; asked of every request.
    func checkQuery(_ known: [String]?) throws(Problem) {
        guard exchange.hasQuery, let known else { return }
        guard let stranger = exchange.queryItems.first(where: { !known.contains($0.name) }) else { return }
        let list = known.isEmpty ? "it takes none" : "it takes " + known.joined(separator: ", ")
        throw Problem(
            .unknownField, "there is no query parameter \"\(stranger.name)\"; \(list)", at: "?\(stranger.name)")
    }

    /// Refuses what an operation's query says besides tensors, where JSON says it itself.
    func refuseQuery() throws(Problem) { try checkQuery([]) }

    func queryInt(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid("expected an integer from \(range.lowerBound) to \(range.upperBound)", at: "?\(name)")
        }
        return number
    }

    func queryBool(_ name: String) throws(Problem) -> Bool? {
        switch query(name) {
        case nil: return nil
        case "true", "1", "": return true
        case "false", "0": return false
        default: throw .invalid("expected true or false", at: "?\(name)")
        }
    }

    func queryWord<Word: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Word.Type)
        throws(Problem) -> Word?
    {
        guard let text = query(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("expected one of \(words)", at: "?\(name)")
        }
        return word
    }
}

extension Reply {
    /// JSON written by `body`.
    static func json(
        _ status: Int = 200, headers: [(name: String, value: String)] = [], _ body: (inout JSONWriter) -> Void
    ) -> Reply {
        var writer = JSONWriter()
        body(&writer)
        return Reply(status: status, contentType: Call.json, headers: headers, body: writer.take())
    }

    static func json(_ value: Value, status: Int = 200, headers: [(name: String, value: String)] = []) -> Reply {
        json(status, headers: headers) { $0.value(value) }
    }

    static func tensors(_ tensors: Safetensors) -> Reply {
        Reply(contentType: Call.tensors, body: tensors.encoded())
    }

    init(_ problem: Problem) {
        var writer = JSONWriter()
        problem.write(to: &writer)
        let retry = problem.retryAfter.map { [(name: "Retry-After", value: String($0))] } ?? []
        self.init(
            status: problem.status, contentType: "application/problem+json",
            headers: retry + (problem.quota?.headers ?? []), body: writer.take())
    }
}
