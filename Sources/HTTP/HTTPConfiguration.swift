/// Where a server listens, and how much of what it takes.
public struct HTTPConfiguration: Sendable {
    public var listeners: [ListenAddress]
    /// Network threads; as many more where some listeners speak TLS and some do not.
    public var threads = 2
    /// Connections over all listeners; never more than the process's file descriptors less 256.
    public var connectionLimit = 16_384
    /// Requests between their head and the end of their reply, streams not counted; more are answered 503.
    public var requestLimit = 1024
    /// Open event streams; more are answered 503.
    public var streamLimit = 256
    /// Bytes of a request body.
    public var bodyLimit = 1 << 20
    /// Bytes of a request body where a route takes bulk data.
    public var bulkBodyLimit = 256 << 20
    /// Bytes of all request bodies held at once, small ones not counted; more are answered 503.
    public var bufferedLimit = 1 << 30
    /// A refused body up to this size is read and thrown away, so that its sender gets to read the answer.
    public var drainLimit = 32 << 20
    /// A connection without any traffic is closed after this time, in whole seconds.
    public var idleTimeout = Duration.seconds(30)
    /// A new connection must have sent a whole request head within this time.
    public var headDeadline = Duration.seconds(10)
    /// A body, and the reading of a reply, may take this time and one second more for each `minimumRate` bytes.
    public var transferDeadline = Duration.seconds(30)
    /// Bytes per second.
    public var minimumRate = 1000
    /// A stream without events carries a comment this often, which is how a client's departure is noticed.
    public var heartbeat = Duration.seconds(15)
    /// Bytes that a stream holds for a slow client before it is cut off.
    public var streamBuffer = 256 << 10

    /// Names that `Host` may have besides addresses, `localhost` and the names in `listeners`; others are answered 421.
    public var allowedHosts = AllowedHosts()
    /// Pages of browsers that may send requests, besides those from here; others are answered 403.
    public var allowedOrigins = AllowedOrigins.none

    /// With it all listeners but unix sockets speak TLS.
    public var certificate: CertificateFiles?

    public init(listeners: [ListenAddress]) {
        self.listeners = listeners
    }
}

/// A place to listen at.
public enum ListenAddress: Sendable, Equatable {
    /// A name or a numeric address of IPv4 or IPv6 without brackets; port 0 takes a free one.
    case tcp(host: String, port: UInt16)
    /// A socket file with its permission bits; a stale one is replaced.
    case unix(path: String, permissions: UInt32 = 0o660)
    /// A listening socket that someone else opened, as systemd does from descriptor 3 on.
    case inherited(descriptor: Int32)

    /// The host as it was said; nil where there is none.
    var name: String? {
        guard case .tcp(let host, _) = self else { return nil }
        return host
    }
}

/// Why a server did not start.
public enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    case addressUnknown(String)
    case cannotListen(address: String, reason: String)
    case notASocket(descriptor: Int32)
    case cannotStart(String)
    case certificateUnusable(String)

    public var description: String {
        switch self {
        case .addressUnknown(let host): "there is no address for \(host)"
        case .cannotListen(let address, let reason): "cannot listen at \(address): \(reason)"
        case .notASocket(let descriptor): "descriptor \(descriptor) is no listening socket"
        case .cannotStart(let reason): "libmicrohttpd did not start: \(reason)"
        case .certificateUnusable(let reason): reason
        }
    }
}
