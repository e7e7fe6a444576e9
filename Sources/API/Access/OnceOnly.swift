import HTTP
import Hosting
import Store

/// Has a request with an `Idempotency-Key` take effect once, however often it is sent (draft-ietf-httpapi-idempotency-key-header).
struct OnceOnly: Sendable {
    let replies: KeptReplies

    /// Does the operation, or answers again what it was answered.
    /// - Parameter run: does it; gets what is to be called with the reply before it is sent.
    func answer(
        _ exchange: Exchange, _ caller: Caller, isDurable: Bool, _ run: (@escaping @Sendable (Reply) -> Reply) -> Void
    ) throws(Problem) {
        let attempt: KeptReplies.Attempt
        do {
            attempt = try replies.begin(
                try key(exchange), of: caller.tenant, fingerprint: fingerprint(exchange), isDurable: isDurable)
        } catch let error as HostingError {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.internalError, "\(error)")
        }
        switch attempt {
        case .first(let ticket): run { keep($0, ticket) }
        case .repeated(let reply): exchange.respond(try again(reply))
        case .running:
            throw Problem(
                .stillRunning, "the first request with this Idempotency-Key is still being answered", retryAfter: 1)
        case .taken:
            throw Problem(.keyTaken, "another request had this Idempotency-Key: make a new key for each request")
        case .interrupted:
            throw Problem(
                .outcomeUnknown,
                "the daemon ended while it answered the first request with this Idempotency-Key: look whether it took "
                    + "effect, and send it with a new key if not")
        }
    }

    /// Replies that say that nothing was done are not kept: a retry may do better.
    private func keep(_ reply: Reply, _ ticket: KeptReplies.Ticket) -> Reply {
        guard reply.status < 300 else {
            replies.abandon(ticket)
            return reply
        }
        // A token is written down nowhere.
        let isSecret = reply.headers.contains { $0 == ("Cache-Control", "no-store") }
        replies.finish(
            ticket,
            with: KeptReplies.Reply(
                status: reply.status, contentType: reply.contentType,
                location: reply.headers.first { $0.name == "Location" }?.value, body: isSecret ? nil : reply.body))
        return reply
    }

    private func again(_ reply: KeptReplies.Reply) throws(Problem) -> Reply {
        guard let body = reply.body else {
            throw Problem(.outcomeUnknown, "this was done, and the reply, too large or a secret, was not kept")
        }
        let location = reply.location.map { [(name: "Location", value: $0)] } ?? []
        return Reply(
            status: reply.status, contentType: reply.contentType,
            headers: location + [("Idempotency-Replayed", "true")], body: body)
    }

    /// The key as a client wrote it, with or without the quotes of a structured field.
    private func key(_ exchange: Exchange) throws(Problem) -> String {
        var key = exchange.idempotencyKey ?? ""
        if key.count > 1, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw Problem(.badRequest, "Idempotency-Key: expected 1 to 255 characters of ASCII, such as a UUID")
        }
        return key
    }

    /// Of everything that says what the request is.
    private func fingerprint(_ exchange: Exchange) -> [UInt8] {
        var text =
            "\(exchange.method.name) \(exchange.rawPath)\n\(exchange.contentType ?? "")\n\(exchange.accept ?? "")\n"
        for (name, value) in exchange.queryItems { text += "\(name.utf8.count) \(name)\(value.utf8.count) \(value)" }
        let body = exchange.withBody { body in SHA256.digest(of: body) }
        return SHA256.digest(of: (Array(text.utf8) + body).span)
    }
}
