import CMicrohttpd
import Glibc
import Logging
import Synchronization

/// HTTP/1.1 on libmicrohttpd's own threads, one daemon of it for each address. Everything is configured before `start`.
@safe public final class HTTPServer: Sendable {
    private struct Daemon: @unchecked Sendable {  // a C handle, made for use from any thread
        let handle: OpaquePointer
        let socket: ListenSocket
    }

    private struct Life {
        var daemons: [Daemon] = []
        var wasStarted = false
    }

    private let state: ServerState
    private let reaper = Reaper()
    private let life = Mutex(Life())

    /// `onFault` writes the replies for what this module itself refuses; `afterReply` hears of every request that ended.
    /// Both run on network threads.
    public init(
        _ configuration: HTTPConfiguration, router: Router, logger: Logger,
        onFault: @escaping @Sendable (HTTPFault, Exchange) -> Reply,
        afterReply: @escaping @Sendable (Exchange, Served) -> Void = { _, _ in }
    ) {
        state = ServerState(
            configuration: configuration, router: router, logger: logger, renderFault: onFault, afterReply: afterReply)
    }

    deinit {
        stop(within: .zero)
    }

    /// Listens everywhere, then serves; where one address fails, none is served. Only once.
    public func start() throws(HTTPServerError) {
        let isFirst = life.withLock { life in
            defer { life.wasStarted = true }
            return !life.wasStarted
        }
        precondition(isFirst, "a server starts once")
        signal(SIGPIPE, SIG_IGN)
        MHD_set_panic_func(reportPanic, nil)
        do throws(HTTPServerError) {
            for address in state.configuration.listeners { try serve(ListenSocket(address)) }
        } catch {
            stop(within: .zero)
            throw error
        }
        reaper.start(state, every: reaperInterval)
    }

    /// Where the server listens, with the ports that it got, in the configuration's order.
    public var addresses: [ListenAddress] { life.withLock { $0.daemons.map(\.socket.address) } }

    /// Requests being served, streams not counted.
    public var openRequests: Int { state.requests.load(ordering: .relaxed) }
    public var openStreams: Int { state.streams.load(ordering: .relaxed) }
    public var openConnections: Int {
        life.withLock { $0.daemons.reduce(0) { $0 + Int(mhd_connection_count($1.handle)) } }
    }

    /// Network threads of each listener.
    var threadCount: Int { max(state.configuration.threads, 1) }

    /// The daemons as long as they run; none is freed meanwhile.
    func withDaemons<Result>(_ body: ([OpaquePointer]) -> Result) -> Result {
        life.withLock { body($0.daemons.map(\.handle)) }
    }

    /// Stops in order: takes no more connections, ends the streams, lets requests finish for that long, answers 503 for
    /// those that have not, and closes. Returns whether all had finished. Not from a handler.
    @discardableResult
    public func stop(within grace: Duration) -> Bool {
        let daemons = life.withLock { life in
            defer { life.daemons = [] }
            return life.daemons
        }
        if daemons.isEmpty { return true }
        state.isDraining.store(true, ordering: .relaxed)
        for daemon in daemons { MHD_quiesce_daemon(daemon.handle) }
        state.finishStreams()
        let isDrained = drain(daemons, until: MonotonicClock.now + grace.nanoseconds)
        // libmicrohttpd aborts the process when it is stopped with a suspended connection.
        state.answerDetached()
        state.finishStreams()
        reaper.stop()
        for daemon in daemons {
            MHD_stop_daemon(daemon.handle)
            daemon.socket.close()
        }
        return isDrained
    }
}

extension HTTPServer {
    private func serve(_ socket: ListenSocket) throws(HTTPServerError) {
        var settings = mhd_settings()
        settings.listen_socket = socket.descriptor
        settings.threads = UInt32(threadCount)
        settings.connection_limit = UInt32(connectionLimit)
        settings.idle_seconds = UInt32(max(state.configuration.idleTimeout.components.seconds, 1))
        settings.context = Unmanaged.passUnretained(state).toOpaque()
        settings.on_request = onRequest
        settings.on_completed = onCompleted
        settings.on_connection = onConnection
        settings.on_log = onLog
        guard let handle = SystemThread.withoutSignals({ mhd_start(&settings) }) else {
            socket.close()
            throw .cannotStart(String(cString: strerror(errno)))
        }
        life.withLock { $0.daemons.append(Daemon(handle: handle, socket: socket)) }
    }

    /// Each listener's share, so that checkpoints and files always find a descriptor.
    private var connectionLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let available = Int(clamping: limit.rlim_cur) - 256
        let share = min(state.configuration.connectionLimit, available) / max(state.configuration.listeners.count, 1)
        return max(share, state.configuration.threads, 8)
    }

    private var reaperInterval: Duration {
        let shortest = min(
            state.configuration.headDeadline, state.configuration.transferDeadline, state.configuration.heartbeat)
        return min(.seconds(1), shortest / 4)
    }

    /// Requests in flight end by themselves, and each of their replies closes its connection.
    private func drain(_ daemons: [Daemon], until deadline: UInt64) -> Bool {
        var quietRounds = 0
        while MonotonicClock.now < deadline {
            if daemons.allSatisfy({ mhd_connection_count($0.handle) == 0 }) { return true }
            let isQuiet = openRequests == 0 && openStreams == 0
            quietRounds = isQuiet ? quietRounds + 1 : 0
            // What is left are idle connections, and a client may have just sent its next request on one of them.
            if quietRounds >= 20 { return true }
            usleep(10_000)
        }
        return openRequests == 0 && openStreams == 0
    }
}

private func onRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ bytes: UnsafePointer<CChar>?,
    _ count: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let path, let method, let version, let count, let slot else { return .NO }
    guard let known = slot.pointee else {
        let state = Unmanaged<ServerState>.fromOpaque(context).takeUnretainedValue()
        let exchange = Exchange(state, connection, method: method, path: path, version: version)
        slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return exchange.begin()
    }
    let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    if count.pointee == 0 { return exchange.finish() }
    let piece = UnsafeRawBufferPointer(start: bytes, count: count.pointee)
    count.pointee = 0
    return exchange.take(piece)
}

private func onCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ ending: MHD_RequestTerminationCode
) {
    guard let known = slot?.pointee else { return }
    slot?.pointee = nil
    Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue().complete(ending)
}

private func onConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context, let connection, let slot else { return }
    let state = Unmanaged<ServerState>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
        let peer = Peer(descriptor: mhd_socket(connection), deadline: MonotonicClock.now + state.headDeadline)
        slot.pointee = Unmanaged.passRetained(peer).toOpaque()
        state.add(peer)
    } else if let known = slot.pointee {
        slot.pointee = nil
        state.remove(Unmanaged<Peer>.fromOpaque(known).takeRetainedValue())
    }
}

/// libmicrohttpd remarks on every client that leaves in the middle: only the exhaustion of a limit concerns an operator.
private func onLog(_ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
    guard let context, let format, let arguments else { return }
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { line in
        vsnprintf(line.baseAddress, line.count, format, arguments)
        return line.baseAddress.map { String(cString: $0) } ?? ""
    }
    let isLimit = text.contains("limit")
    let message = Logger.Message(stringLiteral: text.split(separator: "\n").joined(separator: " "))
    Unmanaged<ServerState>.fromOpaque(context).takeUnretainedValue().logger
        .log(level: isLimit ? .warning : .debug, message)
}

private func reportPanic(
    _ context: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ line: UInt32,
    _ reason: UnsafePointer<CChar>?
) {
    let text = "libmicrohttpd panics: \(reason.map { String(cString: $0) } ?? "no reason given")\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    abort()
}
