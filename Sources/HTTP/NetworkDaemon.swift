import CMicrohttpd
import Glibc

/// One of libmicrohttpd's daemons, with its threads. It speaks TLS, or it does not: where both are wanted, two of them run.
struct NetworkDaemon: @unchecked Sendable {  // a C handle, made for use from any thread
    private let handle: OpaquePointer
    let isSecure: Bool

    init(_ state: ServerState, threads: Int, isSecure: Bool) throws(HTTPServerError) {
        var settings = mhd_settings()
        settings.threads = UInt32(threads)
        settings.is_secure = isSecure
        // The acceptor keeps the limit, which may change; libmicrohttpd's own is out of its way.
        settings.connection_limit = UInt32(Int32.max)
        // Heads up to about this size are taken. libmicrohttpd clears all of it after every request, and a connection keeps
        // it while it rests: less than a quarter of its default costs less than a quarter of the time and of the memory.
        settings.connection_memory = 7 << 10
        settings.idle_seconds = UInt32(max(state.configuration.idleTimeout.components.seconds, 1))
        settings.context = Unmanaged.passUnretained(state).toOpaque()
        settings.on_request = onRequest
        settings.on_completed = onCompleted
        settings.on_connection = onConnection
        settings.on_log = onLog
        guard let handle = SystemThread.withoutSignals({ mhd_start(&settings) }) else {
            throw .cannotStart(String(cString: strerror(errno)))
        }
        self.handle = handle
        self.isSecure = isSecure
    }

    /// Hands a connection to the thread that its descriptor's remainder points at; it is libmicrohttpd's from here on.
    /// Returns false where that one closed it at once.
    func adopt(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        MHD_add_connection(handle, descriptor, address, length) == .YES
    }

    func stop() {
        MHD_stop_daemon(handle)
    }
}
