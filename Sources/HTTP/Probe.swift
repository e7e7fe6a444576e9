import CMicrohttpd
import Glibc

/// A connection of the server with itself, over a socket pair.
struct Probe {
    /// The client's end, which is ours to close.
    private let near: Int32
    /// The server's end.
    private let far: Int32
    private let daemon: NetworkDaemon

    /// nil where the process has no descriptor left.
    /// - Parameter remainder: of the server's descriptor when divided by `divisor`.
    init?(remainder: Int, divisor: Int, _ daemon: NetworkDaemon) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        near = ends[0]
        var far = ends[1]
        while far >= 0, Int(far) % divisor != remainder {
            let next = fcntl(far, F_DUPFD_CLOEXEC, far + 1)
            Glibc.close(far)
            far = next
        }
        guard far >= 0 else {
            Glibc.close(near)
            return nil
        }
        _ = fcntl(far, F_SETFL, fcntl(far, F_GETFL) | O_NONBLOCK)
        self.far = far
        self.daemon = daemon
    }

    /// Hands over the server's end. Returns false where nobody takes it.
    func connect(by acceptor: Acceptor) -> Bool {
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNIX)
        return acceptor.adopt(far, &address, socklen_t(MemoryLayout<sa_family_t>.size), for: daemon)
    }

    func close() {
        Glibc.close(near)
    }

    /// Sends the request; by TLS it goes with the handshake, when the answer is waited for.
    func get(_ path: String) {
        guard !daemon.isSecure else { return }
        let request = Self.request(path)
        send(near, request, request.count, Int32(MSG_NOSIGNAL))
    }

    /// Waits for the first byte of an answer.
    func isAnswered(_ path: String, by deadline: UInt64) -> Bool {
        let now = MonotonicClock.now
        let milliseconds = Int32(clamping: (max(deadline, now) - now) / 1_000_000)
        if daemon.isSecure {
            // No time at all would mean no limit.
            let session = SecureProbe(near)
            return session?.isAnswered(Self.request(path), withinMilliseconds: UInt32(max(milliseconds, 1))) ?? false
        }
        var waiting = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return false }
        var byte: UInt8 = 0
        return recv(near, &byte, 1, 0) == 1
    }

    private static func request(_ path: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    }
}
