import Glibc
import Logging
import Synchronization

/// A thread that looks round every now and then: cuts overdue connections and keeps streams alive.
final class Reaper: Sendable {
    private let running = Mutex<(thread: SystemThread, bell: Int32)?>(nil)

    func start(_ state: ServerState, every interval: Duration) {
        var ends: (Int32, Int32) = (-1, -1)
        let isMade = withUnsafeMutableBytes(of: &ends) { ends in
            let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
            return socketpair(AF_UNIX, Int32(kind), 0, ends.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        precondition(isMade == 0, "no descriptor is left for the reaper")
        let (bell, ring) = ends
        let milliseconds = Int32(clamping: max(interval.nanoseconds / 1_000_000, 1))
        let thread = SystemThread {
            var listening = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
            while poll(&listening, 1, milliseconds) <= 0 { Self.lookRound(state) }
            close(bell)
        }
        running.withLock { $0 = (thread, ring) }
    }

    func stop() {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        close(running.bell)
        running.thread.join()
    }

    private static func lookRound(_ state: ServerState) {
        let now = MonotonicClock.now
        let cut = state.cutOverdue(at: now)
        if cut > 0 { state.logger.notice("cut slow connections", metadata: ["count": "\(cut)"]) }
        state.beatStreams(at: now)
    }
}
