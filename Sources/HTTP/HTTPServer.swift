import CMicrohttpd
import Glibc
import Logging
import Synchronization

/// HTTP/1.1 on libmicrohttpd's own threads. Everything is configured before `start`.
@safe public final class HTTPServer: Sendable {
    /// What runs between start and stop.
    struct Running {
        let daemons: [NetworkDaemon]
        let sockets: [ListenSocket]
        let acceptor: Acceptor
        let reaper: Reaper
    }

    private enum Life {
        case new, started(Running), stopped
    }

    private let state: ServerState
    private let life = Mutex(Life.new)

    /// `onRequest` says whether a request to a route is admitted, before its body is read; `onFault` writes the replies for
    /// what this module itself refuses; `afterReply` hears of every request that ended. All run on network threads.
    public init(
        _ configuration: HTTPConfiguration, router: Router, logger: Logger,
        onRequest: @escaping @Sendable (Exchange) -> HTTPFault? = { _ in nil },
        onFault: @escaping @Sendable (HTTPFault, Exchange) -> Reply,
        afterReply: @escaping @Sendable (Exchange, Served) -> Void = { _, _ in }
    ) {
        state = ServerState(
            configuration: configuration, router: router, logger: logger, admit: onRequest, renderFault: onFault,
            afterReply: afterReply)
    }

    deinit {
        stop(within: .zero)
    }

    /// Listens everywhere, then serves; where one address fails, none is served. Only once.
    public func start() throws(HTTPServerError) {
        signal(SIGPIPE, SIG_IGN)
        MHD_set_panic_func(reportPanic, nil)
        var sockets: [ListenSocket] = []
        do throws(HTTPServerError) {
            try readCertificate()
            for address in state.configuration.listeners { sockets.append(try ListenSocket(address)) }
            let running = try run(sockets)
            life.withLock { life in
                guard case .new = life else { preconditionFailure("a server starts once") }
                life = .started(running)
            }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
    }

    /// Where the server listens, with the ports that it got, in the configuration's order.
    public var addresses: [ListenAddress] {
        life.withLock { life in
            guard case .started(let running) = life else { return [] }
            return running.sockets.map(\.address)
        }
    }

    /// Takes over what can change while the server runs: the limits of connections and of bodies, who may ask, and whether
    /// the logger tells of requests. Requests whose head was read before keep to the former ones. From any thread.
    public func adopt(_ configuration: HTTPConfiguration) {
        state.limits.adopt(configuration, state.logger)
        state.door.adopt(configuration)
    }

    /// Requests being served, streams not counted.
    public var openRequests: Int { state.requests.load(ordering: .relaxed) }
    /// Bytes of request bodies that are held now, small ones not counted.
    public var bufferedBytes: Int { state.bufferedBytes.load(ordering: .relaxed) }
    public var openStreams: Int { state.streams.load(ordering: .relaxed) }
    public var openConnections: Int { state.connections.load(ordering: .relaxed) }

    /// Network threads of each daemon.
    var threadCount: Int { max(state.configuration.threads, 1) }

    /// What runs, nil when nothing does; it is not stopped meanwhile.
    func withRunning<Result>(_ body: (Running?) -> Result) -> Result {
        life.withLock { life in
            guard case .started(let running) = life else { return body(nil) }
            return body(running)
        }
    }

    /// Reads the files of the certificate again: connections that begin from now on get what is in them. Where they cannot
    /// be used, the former certificate stays. Does nothing where there is no TLS.
    public func reloadCertificate() throws(HTTPServerError) {
        try readCertificate()
    }

    /// Stops in order: takes no more connections, ends the streams, lets requests finish for that long, answers 503 for
    /// those that have not, and closes. Returns whether all had finished. Not from a handler.
    @discardableResult
    public func stop(within grace: Duration) -> Bool {
        let before = life.withLock { life in
            defer { life = .stopped }
            return life
        }
        guard case .started(let running) = before else { return true }
        state.isDraining.store(true, ordering: .relaxed)
        running.acceptor.stop()
        for socket in running.sockets { socket.close() }
        state.finishStreams()
        let isDrained = waitForQuiet(until: MonotonicClock.now + grace.nanoseconds)
        // libmicrohttpd aborts the process when it is stopped with a suspended connection.
        state.answerDetached()
        if !isDrained { _ = waitForQuiet(until: MonotonicClock.now + 500_000_000) }
        running.reaper.stop()
        for daemon in running.daemons { daemon.stop() }
        return isDrained
    }
}

extension HTTPServer {
    private func readCertificate() throws(HTTPServerError) {
        guard let files = state.configuration.certificate else { return }
        let certificate = try Certificate(files)
        state.certificate.withLock { $0 = certificate }
    }

    private func run(_ sockets: [ListenSocket]) throws(HTTPServerError) -> Running {
        let hasTLS = state.configuration.certificate != nil
        let isSecure = sockets.map { hasTLS && !$0.isUnix }
        var daemons: [NetworkDaemon] = []
        do throws(HTTPServerError) {
            for kind in [false, true] where isSecure.contains(kind) {
                daemons.append(try NetworkDaemon(state, threads: threadCount, isSecure: kind))
            }
        } catch {
            for daemon in daemons { daemon.stop() }
            throw error
        }
        let doors = zip(sockets, isSecure).compactMap { socket, isSecure in
            daemons.first { $0.isSecure == isSecure }.map { Acceptor.Door(socket: socket.descriptor, daemon: $0) }
        }
        return Running(
            daemons: daemons, sockets: sockets, acceptor: Acceptor(state, doors),
            reaper: Reaper(state, every: reaperInterval))
    }

    private var reaperInterval: Duration {
        let shortest = min(
            state.configuration.headDeadline, state.configuration.transferDeadline, state.configuration.heartbeat)
        return min(.seconds(1), shortest / 4)
    }

    /// Requests in flight end by themselves, and each of their replies closes its connection.
    private func waitForQuiet(until deadline: UInt64) -> Bool {
        var quietRounds = 0
        while MonotonicClock.now < deadline {
            if openConnections == 0 { return true }
            quietRounds = openRequests == 0 && openStreams == 0 ? quietRounds + 1 : 0
            // What is left are idle connections, and a client may have just sent its next request on one of them.
            if quietRounds >= 20 { return true }
            usleep(10_000)
        }
        return openRequests == 0 && openStreams == 0
    }
}
