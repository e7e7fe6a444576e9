/// What this module itself finds wrong with a request, or cannot do for it now. One closure turns it into a reply, to
/// which `Allow`, `Retry-After` and `Connection: close` are added here.
public enum HTTPFault: Sendable, Equatable {
    /// The message breaks HTTP/1.1 in a way that a proxy may read differently; the connection is closed.
    case malformedRequest(String)
    case malformedPath(PathFault)
    case malformedQuery(PathFault)
    /// The request has no token, or one that does not count; `isKnown` where it has one.
    case unauthorized(String, isKnown: Bool)
    /// The token does not go so far.
    case forbidden(String)
    case notFound
    /// `Host` is not a name of this server.
    case misdirected
    /// The page of a browser asks that may not.
    case originNotAllowed
    case methodNotAllowed(MethodSet)
    case bodyTooLarge(limit: Int)
    case expectationFailed
    /// A transfer coding other than chunked; the connection is closed.
    case transferCodingUnknown
    case versionNotSupported
    /// More requests, streams or buffered bytes than the configuration allows, or a full worker queue.
    case overloaded
    /// The server is stopping and could not wait for the answer.
    case stopping
    /// The handler returned without an answer: our own mistake.
    case unanswered

    public var status: Int {
        switch self {
        case .malformedRequest, .malformedPath, .malformedQuery: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .originNotAllowed: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .bodyTooLarge: 413
        case .expectationFailed: 417
        case .misdirected: 421
        case .unanswered: 500
        case .transferCodingUnknown: 501
        case .overloaded, .stopping: 503
        case .versionNotSupported: 505
        }
    }

    /// A sentence for the person who sent the request.
    public var detail: String {
        switch self {
        case .malformedRequest(let reason): reason
        case .malformedPath(let fault): "the path is malformed: \(fault)"
        case .malformedQuery(let fault): "the query is malformed: \(fault)"
        case .unauthorized(let reason, _), .forbidden(let reason): reason
        case .notFound: "there is nothing at this path"
        case .misdirected:
            "Host is neither an address, nor localhost, nor a name of this server; the setting allowed_hosts adds names"
        case .originNotAllowed:
            "pages from this Origin may not use this server; the setting cors_origin lists those that may"
        case .methodNotAllowed(let methods): "this path answers to \(methods.allow)"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .expectationFailed: "the only expectation that can be met is 100-continue"
        case .transferCodingUnknown: "the only transfer coding understood is chunked"
        case .versionNotSupported: "send HTTP/1.1 or HTTP/1.0"
        case .overloaded: "the server is busy; try again in a moment"
        case .stopping: "the server is stopping"
        case .unanswered: "the server made a mistake; its log says more"
        }
    }

    /// Whether what follows on the connection cannot be trusted.
    var closesConnection: Bool {
        switch self {
        case .malformedRequest, .transferCodingUnknown, .versionNotSupported, .expectationFailed: true
        default: false
        }
    }
}
