import CMicrohttpd
import Logging
import Synchronization

/// What all threads of a running server share.
final class ServerState: Sendable {
    typealias FaultRenderer = @Sendable (HTTPFault, Exchange) -> Reply
    typealias Admission = @Sendable (Exchange) -> HTTPFault?
    typealias ReplyHook = @Sendable (Exchange, Served) -> Void

    let configuration: HTTPConfiguration
    let router: Router
    let logger: Logger
    let admit: Admission
    let renderFault: FaultRenderer
    let afterReply: ReplyHook

    let connections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let streams = Atomic<Int>(0)
    let bufferedBytes = Atomic<Int>(0)
    let isDraining = Atomic<Bool>(false)
    let door: FrontDoor
    /// What connections by TLS begin with.
    let certificate = Mutex<Certificate?>(nil)
    let limits: LiveLimits
    let stock = ReplyStock(contentType: "application/json")

    private let peers = Mutex<[ObjectIdentifier: Peer]>([:])
    private let detached = Mutex<Register<Exchange>>(Register())
    private let openStreams = Mutex<Register<EventStream>>(Register())
    private let requestIDs: RequestIDSource

    // Durations in nanoseconds, because they are added on every request.
    let transferDeadline: UInt64
    let headDeadline: UInt64
    let betweenRequests: UInt64
    let nanosecondsPerByte: UInt64

    init(
        configuration: HTTPConfiguration, router: Router, logger: Logger, admit: @escaping Admission,
        renderFault: @escaping FaultRenderer, afterReply: @escaping ReplyHook
    ) {
        precondition(configuration.minimumRate > 0)
        self.configuration = configuration
        door = FrontDoor(configuration)
        self.router = router
        self.logger = logger
        self.admit = admit
        self.renderFault = renderFault
        self.afterReply = afterReply
        requestIDs = RequestIDSource()
        limits = LiveLimits(configuration, logger)
        transferDeadline = configuration.transferDeadline.nanoseconds
        headDeadline = configuration.headDeadline.nanoseconds
        // An idle connection is libmicrohttpd's to close; who is still here after that is dripping.
        betweenRequests = configuration.idleTimeout.nanoseconds + configuration.headDeadline.nanoseconds
        nanosecondsPerByte = 1_000_000_000 / UInt64(configuration.minimumRate)
    }

    var isTold: Bool { limits.isTold.load(ordering: .relaxed) }

    func nextRequestID() -> UInt64 { requestIDs.next() }

    func deadline(from now: UInt64, for bytes: Int) -> UInt64 {
        now + transferDeadline + UInt64(bytes) * nanosecondsPerByte
    }
}

/// Who is here, until nobody may come any more.
private struct Register<Member: AnyObject> {
    private var members: [ObjectIdentifier: Member] = [:]
    private var isClosed = false

    var all: [Member] { Array(members.values) }

    mutating func add(_ member: Member) -> Bool {
        if !isClosed { members[ObjectIdentifier(member)] = member }
        return !isClosed
    }

    mutating func remove(_ member: Member) { members[ObjectIdentifier(member)] = nil }

    mutating func close() -> [Member] {
        isClosed = true
        return all
    }
}

// The registers: each has its own lock, and nothing of libmicrohttpd is called under one but `shutdown`.
extension ServerState {
    func add(_ peer: Peer) { peers.withLock { $0[ObjectIdentifier(peer)] = peer } }
    func remove(_ peer: Peer) { peers.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(peer)) } }

    /// Returns false when the server no longer waits for anybody.
    func add(_ exchange: Exchange) -> Bool { detached.withLock { $0.add(exchange) } }
    func remove(_ exchange: Exchange) { detached.withLock { $0.remove(exchange) } }

    /// Returns false when the server has ended its streams.
    func add(_ stream: EventStream) -> Bool { openStreams.withLock { $0.add(stream) } }
    func remove(_ stream: EventStream) { openStreams.withLock { $0.remove(stream) } }

    /// Cuts connections whose time is over. The lock keeps their descriptors from being closed and used anew meanwhile.
    func cutOverdue(at now: UInt64) -> Int {
        peers.withLock { peers in
            var cut = 0
            for peer in peers.values where peer.isOverdue(at: now) {
                peer.cut()
                cut += 1
            }
            return cut
        }
    }

    func beatStreams(at now: UInt64) {
        let quietSince = now - min(now, configuration.heartbeat.nanoseconds)
        for stream in openStreams.withLock({ $0.all }) { stream.beat(ifQuietSince: quietSince) }
    }

    func finishStreams() {
        for stream in openStreams.withLock({ $0.close() }) { stream.finish() }
    }

    /// Answers for those who did not in time, so that their connections are no longer suspended.
    func answerDetached() {
        for exchange in detached.withLock({ $0.close() }) { exchange.refuse(.stopping) }
    }
}
