import Glibc

/// A connection of the server with itself, over a socket pair.
struct Probe {
    /// The client's end, which is ours to close.
    private let near: Int32
    /// The server's end.
    let far: Int32

    /// nil where the process has no descriptor left.
    /// - Parameter remainder: of the server's descriptor when divided by `divisor`.
    init?(remainder: Int, divisor: Int) {
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
    }

    func close() {
        Glibc.close(near)
    }

    func get(_ path: String) {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        send(near, request, request.count, Int32(MSG_NOSIGNAL))
    }

    /// Waits for the first byte of an answer.
    func isAnswered(by deadline: UInt64) -> Bool {
        let now = MonotonicClock.now
        var waiting = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: (max(deadline, now) - now) / 1_000_000)
        guard poll(&waiting, 1, milliseconds) > 0 else { return false }
        var byte: UInt8 = 0
        return recv(near, &byte, 1, 0) == 1
    }
}
