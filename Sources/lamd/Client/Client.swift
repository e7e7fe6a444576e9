import Foundation
import JSON

/// Talks to one daemon.
struct Client {
    static let standard = "http://127.0.0.1:8808"

    /// As a person would write it.
    let address: String
    private let base: String
    private let socket: String?
    private let isLocal: Bool
    private let token: String?
    private let authorities: String?

    /// - Parameters:
    ///   - token: what the daemon asks for, where it does.
    ///   - authorities: a file of certificates to know the daemon by.
    init(_ text: String, token: String? = nil, authorities: String? = nil) throws(ClientError) {
        address = text
        self.token = token
        self.authorities = authorities
        if text.hasPrefix("unix:"), text.count > 5 {
            base = "http://localhost"
            socket = String(text.dropFirst(5))
            isLocal = true
            return
        }
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host()
        else { throw .malformedAddress(text) }
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
        socket = nil
        isLocal = ["localhost", "::1"].contains(host) || host.hasPrefix("127.")
    }

    /// - Throws: where there is no reply, or it says no.
    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, type: String = "application/json"
    ) throws(ClientError) -> Answer {
        let transfer = begin(method, path)
        if let body { transfer.add(body, type: type) }
        do { try transfer.perform() } catch { throw .noAnswer(address: address, reason: error.reason) }
        guard (200...299).contains(transfer.status) else {
            throw .refused(Refusal(status: transfer.status, body: transfer.body))
        }
        return try Answer(transfer.body, from: address)
    }

    /// All the items of a list.
    func list(_ path: String) throws(ClientError) -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let query = "?limit=1000" + (cursor.map { "&cursor=" + Self.escaped($0) } ?? "")
            let page = try send("GET", path + query).value
            items += page["items"]?.elements.map(Array.init) ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return items
    }

    /// Reads server-sent events until the daemon ends the stream.
    /// - Parameter last: the id of the event after which to take up.
    func stream(
        _ path: String, after last: String?, _ onEvent: @escaping (ServerSentEvent) -> Void
    ) throws(ClientError) {
        let reader = EventReader(onEvent)
        let transfer = begin("GET", path) { reader.read($0) }
        transfer.add(header: "Accept: text/event-stream")
        if let last { transfer.add(header: "Last-Event-ID: \(last)") }
        // A stream that lives carries a comment every 15 s.
        transfer.expectBytes(every: .seconds(60))
        do { try transfer.perform() } catch { throw .noAnswer(address: address, reason: error.reason) }
        guard transfer.status == 200 else {
            throw .refused(Refusal(status: transfer.status, body: transfer.body))
        }
    }

    /// Hands over the body of a reply as it comes.
    func fetch(_ path: String, _ onBytes: @escaping (UnsafeRawBufferPointer) -> Void) throws(ClientError) {
        let transfer = begin("GET", path, onBytes: onBytes)
        do { try transfer.perform() } catch { throw .noAnswer(address: address, reason: error.reason) }
        guard transfer.status == 200 else {
            throw .refused(Refusal(status: transfer.status, body: transfer.body))
        }
    }

    /// The command that sends the same request.
    func curl(_ arguments: String, _ path: String) -> String {
        let unix = socket.map { " --unix-socket \($0)" } ?? ""
        let known = authorities.map { " --cacert \($0)" } ?? ""
        return "curl\(unix)\(known) \(arguments) \(base)\(path)"
    }

    static func escaped(_ segment: String) -> String {
        segment.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? segment
    }

    private func begin(
        _ method: String, _ path: String, onBytes: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) -> Transfer {
        let transfer = Transfer(method, base + path, onBytes: onBytes)
        if let token { transfer.add(header: "Authorization: Bearer \(token)") }
        if let authorities { transfer.trust(authorities) }
        if isLocal { transfer.connectDirectly(toSocket: socket) }
        return transfer
    }
}
