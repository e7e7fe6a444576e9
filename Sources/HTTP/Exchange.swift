import CMicrohttpd
import Glibc
import Synchronization

/// One request and its reply.
///
/// A handler gets it on a network thread when the body has arrived whole, and either answers with `respond` before it
/// returns, or calls `detach`, after which any thread may read the request and answer later. The first answer counts.
@safe public final class Exchange: @unchecked Sendable {  // libmicrohttpd's connection, handed on by `phase`
    enum Phase: UInt8, AtomicRepresentable {
        case receiving, handling, detached, answered
    }

    let connection: OpaquePointer
    let peer: Peer
    let started = MonotonicClock.now
    let phase = Atomic(Phase.receiving)
    /// The network thread's own note that its handler detached.
    var isSuspended = false

    public let method: Method
    let head: RequestHead
    /// Who asks, as whoever admitted the request knows them.
    public var caller: (any AnyObject & Sendable)?
    /// Raw, still percent-encoded.
    private var path: UnsafeBufferPointer<UInt8>
    private(set) var routeIndex = -1
    private var captures = Router.Captures()
    private var copy: RequestCopy?
    /// Made when somebody asks for it, where the client did not send one.
    private let madeID = Atomic<UInt64>(0)

    /// Decided before the body came; the body is then thrown away.
    var verdict: HTTPFault?
    var allowedMethods: MethodSet?
    /// Whether a page from elsewhere asks, and may.
    var isCrossOrigin = false
    var bodyLimit = 0
    var received = 0
    var body = BodyBuffer()

    var response: OpaquePointer?
    /// Where the response belongs when it was sent; nil where it is this exchange's own.
    var spare: ReplyStock.Spare?
    var status = 0
    var replyBytes = 0
    var stream: EventStream?

    init(
        _ connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) {
        self.connection = connection
        guard let context = mhd_socket_context(connection) else { preconditionFailure("a connection nobody heard of") }
        peer = Unmanaged<Peer>.fromOpaque(context).takeUnretainedValue()
        self.method = Method(method)
        let bytes = UnsafeRawBufferPointer(start: path, count: strlen(path))
        self.path = bytes.assumingMemoryBound(to: UInt8.self)
        head = RequestHead(connection, path: self.path, version: version)
    }

    deinit {
        dropResponse()
        dropBody()
    }

    // Held by the connection, and reached through it: a reference counted on every request, by all network threads,
    // is a cache line they fight for.
    var state: ServerState { peer.state }

    /// Finds the route; called once.
    func findRoute() -> HTTPFault? {
        if let known = peer.latestRoute.find(method, path) {
            (routeIndex, captures) = known
            return nil
        }
        switch state.router.match(method, path: path) {
        case .route(let index, let captures):
            routeIndex = index
            self.captures = captures
            peer.latestRoute.keep(method, path, index, captures)
            return nil
        case .options(let methods):
            allowedMethods = methods
            return nil
        case .methodNotAllowed(let methods): return .methodNotAllowed(methods)
        case .notFound: return .notFound
        case .malformed(let fault): return .malformedPath(fault)
        }
    }

    /// Reads everything out of libmicrohttpd's memory, which is gone when a stop answers for a worker that still reads.
    func copyRequest() {
        if copy != nil { return }
        let copied = RequestCopy(path: path, fields: fields, query: queryItems, requestID: sentRequestID)
        path = copied.path
        copy = copied
    }
}

// Reading the request.
extension Exchange {
    /// The route that was found; nil while a fault about its absence is rendered, and for `OPTIONS`.
    public var route: Route? { routeIndex >= 0 ? state.router.routes[routeIndex] : nil }

    /// The place of ``route`` in the router's table.
    public var routePlace: Int? { routeIndex >= 0 ? routeIndex : nil }

    /// The path as it was sent, percent-encoded.
    public var rawPath: String { String(decoding: path, as: UTF8.self) }

    /// The text of a parameter of the route's template, counted from 0.
    public func segment(_ index: Int) -> String { captures.text(index, in: path) }

    /// Lends the bytes of that text: what is not percent-encoded lies in the path as it was sent.
    public func withSegment<Result>(_ index: Int, _ read: (Span<UInt8>) -> Result) -> Result {
        captures.withBytes(index, in: path, read)
    }

    /// How many parameters the path has.
    public var segmentCount: Int { captures.count }

    /// The text of a parameter by its name in braces. A name that the template has not is a programmer's mistake.
    public func segment(named name: String) -> String {
        guard routeIndex >= 0, let index = state.router.parameters[routeIndex].firstIndex(of: name) else {
            preconditionFailure("the route has no parameter \(name)")
        }
        return segment(index)
    }

    /// Whether there is a query; asked of every request.
    public var hasQuery: Bool { !head.query.isEmpty }

    /// The query, decoded, in its order; a name without `=` has an empty value.
    public var queryItems: [(name: String, value: String)] {
        if head.query.isEmpty { return [] }
        // It was read once to check it, so it cannot fail now.
        return copy.map(\.query) ?? (try? head.query.items) ?? []
    }

    /// The first value of that name in the query.
    public func query(named name: String) -> String? {
        head.query.isEmpty ? nil : queryItems.first { $0.name == name }?.value
    }

    /// The first header of that name; the name's case does not matter.
    public func header(named name: String) -> String? {
        if let copy { return copy.field(name) }
        return MHD_lookup_connection_value(connection, .HEADER_KIND, name).map { String(cString: $0) }
    }

    public var contentType: String? { header(named: "Content-Type") }
    public var accept: String? { head.accept == nil ? nil : header(named: "Accept") }
    public var hasOrigin: Bool { head.origin != nil }

    /// Whether `Accept` has a text in it, as it is spelt: what every step is asked, and answered without memory of its own.
    public func acceptContains(_ text: String) -> Bool {
        if let copy { return copy.field("Accept")?.contains(text) ?? false }
        return head.accept.map { strstr($0, text) != nil } ?? false
    }

    /// Whether `Accept` names a media type; with `wildcard`, also by `*/*` or `type/*`, or by its absence.
    public func accepts(_ type: String, wildcard: Bool = false) -> Bool {
        if head.accept == nil { return wildcard }
        return AcceptHeader.names(type, in: accept ?? "", wildcard: wildcard)
    }

    /// The client's key for a retry that must have no second effect.
    public var idempotencyKey: String? { hasIdempotencyKey ? header(named: "Idempotency-Key") : nil }

    /// Whether there is such a key; asked of every request.
    public var hasIdempotencyKey: Bool { head.idempotencyKey != nil }

    /// What `Content-Type` comes to.
    public var mediaType: MediaType { head.mediaType }

    /// The request's id: the client's own `X-Request-Id`, or one made for it. The reply carries it where the client sent
    /// it, where something went wrong, and where requests are logged.
    public var requestID: String {
        if let sent = sentRequestID { return sent }
        let made = madeID.load(ordering: .relaxed)
        if made != 0 { return Self.text(made) }
        // Two threads may ask at once: one of their ids is everybody's.
        let mine = state.nextRequestID()
        let (isMine, theirs) = madeID.compareExchange(expected: 0, desired: mine, ordering: .relaxed)
        return Self.text(isMine ? mine : theirs)
    }

    private var sentRequestID: String? { copy.map(\.requestID) ?? head.requestID.map { String(cString: $0) } }

    private static func text(_ id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Finds out who asks by the `Authorization` header, or remembers it from the connection's earlier requests.
    /// - Parameters:
    ///   - generation: of whatever callers are found in; a change forgets who was known.
    ///   - lookUp: gets the bytes behind `Bearer `, and says until when the answer holds, at most for a minute.
    /// - Returns: nil where there is no bearer token, or nobody has it.
    public func findCaller(
        _ generation: UInt64, _ lookUp: (Span<UInt8>) -> (caller: any AnyObject & Sendable, lifetime: Duration)?
    ) -> (any AnyObject & Sendable)? {
        guard let text = head.authorization else { return nil }
        if let known = peer.knownCaller.find(text, generation, now: started) { return known }
        let scheme = "Bearer "
        guard strncasecmp(text, scheme, scheme.utf8.count) == 0 else { return nil }
        let start = text + scheme.utf8.count
        let secret = UnsafeRawBufferPointer(start: start, count: strlen(start))
        guard let found = lookUp(secret.assumingMemoryBound(to: UInt8.self).span) else { return nil }
        let end = started + min(found.lifetime, .seconds(60)).nanoseconds
        peer.knownCaller.keep(text, generation, until: end, found.caller)
        return found.caller
    }

    /// Whether the request has an `Authorization` header.
    public var hasAuthorization: Bool { head.authorization != nil }

    /// Whether requests are logged.
    public var isTold: Bool { state.isTold }

    /// Whether the client sits on this machine: a unix socket, or a loopback address.
    public var isLocal: Bool { peer.isLocal }

    /// Bytes in the body.
    public var bodyCount: Int { body.count }

    /// Reads the body, which is whole.
    public func withBody<Result, Failure: Error>(
        _ read: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try read(body.bytes.span)
    }

    private var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        withUnsafeMutablePointer(to: &fields) { fields in
            _ = MHD_get_connection_values(connection, .HEADER_KIND, collectField, fields)
        }
        return fields
    }
}

private func collectField(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?,
    _ value: UnsafePointer<CChar>?
) -> MHD_Result {
    let fields = context?.assumingMemoryBound(to: [(name: String, value: String)].self)
    if let name { fields?.pointee.append((String(cString: name), value.map { String(cString: $0) } ?? "")) }
    return .YES
}
