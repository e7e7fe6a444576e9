import Logging
import Synchronization

/// A thread that looks round every now and then: cuts overdue connections and keeps streams alive.
final class Reaper: Sendable {
    private let bell = Bell()
    private let thread = Mutex<SystemThread?>(nil)

    init(_ state: ServerState, every interval: Duration) {
        let milliseconds = Int32(clamping: max(interval.nanoseconds / 1_000_000, 1))
        let bell = bell
        thread.withLock {
            $0 = SystemThread {
                while !bell.wait(milliseconds: milliseconds) { Self.lookRound(state) }
            }
        }
    }

    func stop() {
        bell.ring()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private static func lookRound(_ state: ServerState) {
        let now = MonotonicClock.now
        let cut = state.cutOverdue(at: now)
        if cut > 0 { state.logger.info("cut slow connections", metadata: ["count": "\(cut)"]) }
        state.beatStreams(at: now)
    }
}
