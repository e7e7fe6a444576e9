import Glibc
import Logging
import Synchronization

/// The thread that accepts connections at all addresses and hands them to libmicrohttpd's.
///
/// libmicrohttpd could accept itself, but then only `MHD_quiesce_daemon` makes it stop, which races its own threads and
/// aborts the process once in a thousand stops under load; and every address would need threads and limits of its own.
final class Acceptor: Sendable {
    /// A socket that listens, and who serves those that come in there.
    struct Door {
        let socket: Int32
        let daemon: NetworkDaemon
    }

    private let state: ServerState
    private let doors: [Door]
    private let bell = Bell()
    private let thread = Mutex<SystemThread?>(nil)

    /// Starts accepting.
    init(_ state: ServerState, _ doors: [Door]) {
        self.state = state
        self.doors = doors
        thread.withLock { $0 = SystemThread { [self] in run() } }
    }

    /// Takes those who are waiting already, and then no more.
    func stop() {
        bell.ring()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    /// Counts a connection and hands it over. Returns false where it was closed at once.
    @discardableResult
    func adopt(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, for daemon: NetworkDaemon
    ) -> Bool {
        state.connections.add(1, ordering: .relaxed)
        if daemon.adopt(descriptor, address, length) { return true }
        state.connections.subtract(1, ordering: .relaxed)
        return false
    }

    private func run() {
        while true {
            let isFull = isFull
            if bell.wait(orFor: isFull ? [] : doors.map(\.socket), milliseconds: isFull ? 20 : -1) { break }
            acceptAll()
        }
        acceptAll()
    }

    private var isFull: Bool {
        state.connections.load(ordering: .relaxed) >= state.limits.connections.load(ordering: .relaxed)
    }

    private func acceptAll() {
        for door in doors {
            while !isFull, acceptOne(door) {}
        }
    }

    /// Returns false when nobody waits, or nobody can be let in.
    private func acceptOne(_ door: Door) -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            let address = UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
            let descriptor = accept(door.socket, address, &length)
            if descriptor < 0 { return recover(from: errno) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            adopt(descriptor, address, length, for: door.daemon)
            return true
        }
    }

    private func recover(from error: Int32) -> Bool {
        switch error {
        case EINTR, ECONNABORTED, EPROTO: return true
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            state.logger.warning(
                "cannot accept a connection", metadata: ["reason": "\(String(cString: strerror(error)))"])
            _ = bell.wait(orFor: [], milliseconds: 100)
            return false
        default: return false
        }
    }
}
