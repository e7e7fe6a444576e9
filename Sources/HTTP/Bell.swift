import Glibc

/// Wakes a thread that waits for sockets or for time to pass. Once rung, it rings for ever.
final class Bell: Sendable {
    private let listening: Int32
    private let ringing: Int32

    init() {
        var ends: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutableBytes(of: &ends) { ends in
            let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
            return socketpair(AF_UNIX, Int32(kind), 0, ends.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        precondition(status == 0, "no descriptor is left")
        (listening, ringing) = ends
    }

    deinit {
        close(listening)
        close(ringing)
    }

    func ring() {
        shutdown(ringing, Int32(SHUT_WR))
    }

    /// Waits for the bell, for one of the sockets to have something, or for the time to be over (-1: no limit). Returns
    /// whether it rang.
    func wait(orFor sockets: [Int32] = [], milliseconds: Int32) -> Bool {
        var watched = ([listening] + sockets).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return poll(&watched, nfds_t(watched.count), milliseconds) > 0 && watched[0].revents != 0
    }
}
