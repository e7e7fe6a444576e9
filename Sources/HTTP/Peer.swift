import CMicrohttpd
import Glibc
import Synchronization

/// One connection, from accept to close, as the reaper sees it: libmicrohttpd only knows idleness, and someone who sends
/// a byte now and then would stay for ever.
final class Peer: Sendable {
    static let never = UInt64.max

    let state: ServerState
    let descriptor: Int32
    /// Whether the client sits on this machine.
    let isLocal: Bool
    /// Whether it came in by a unix socket.
    let isUnix: Bool
    /// Kept because libmicrohttpd's session only borrows it.
    private let certificate: Certificate?
    /// When the connection is cut, unless something moves this further away.
    private let deadline: Atomic<UInt64>
    /// Only the connection's own network thread knows it.
    nonisolated(unsafe) var latestRoute = LatestRoute()
    /// The same.
    nonisolated(unsafe) var latestNames = LatestNames()
    nonisolated(unsafe) private var caller: KnownCaller?

    init(
        _ state: ServerState, descriptor: Int32, address: UnsafePointer<sockaddr>?, certificate: Certificate?,
        deadline: UInt64
    ) {
        self.state = state
        self.descriptor = descriptor
        isLocal = SocketAddress.isLocal(address)
        isUnix = SocketAddress.isUnix(address)
        self.certificate = certificate
        self.deadline = Atomic(deadline)
    }

    /// Made by the first request with a token; only the connection's own network thread asks for it.
    var knownCaller: KnownCaller {
        if let caller { return caller }
        let made = KnownCaller()
        caller = made
        return made
    }

    func setDeadline(_ time: UInt64) {
        deadline.store(time, ordering: .relaxed)
    }

    /// Only the connection's own network thread moves it.
    func extendDeadline(by nanoseconds: UInt64) {
        let (later, isOver) = deadline.load(ordering: .relaxed).addingReportingOverflow(nanoseconds)
        deadline.store(isOver ? Self.never : later, ordering: .relaxed)
    }

    func isOverdue(at time: UInt64) -> Bool {
        deadline.load(ordering: .relaxed) < time
    }

    /// Both directions, so that libmicrohttpd sees an end and cleans up.
    func cut() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
