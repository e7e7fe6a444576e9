import CLibc
import Dispatch
import Glibc
import Synchronization

/// The threads that help to step the rows of others. One that has helped looks about for a little while before it sleeps, if
/// that was worth it of late: to wake a thread takes about as long as the part of a step that it would do, and who steps a
/// vector often does so again at once.
enum VectorHelpers {
    /// As many as can run beside whoever calls them.
    static let most = cores_at_hand() - 1
    private static let patience = Duration.microseconds(100)
    /// Where nobody called within that time, how often it is left out thereafter.
    private static let rests = 15

    private static let awake = Atomic(0)
    /// How often help was called for, and for what at last.
    private static let calls = Atomic(0)
    private static let latest = Mutex<VectorParts?>(nil)
    private static let restsLeft = Atomic(0)

    /// Has up to `count` threads help with `parts`.
    static func call(_ count: Int, for parts: VectorParts) {
        latest.withLock { $0 = parts }
        calls.add(1, ordering: .releasing)
        while awake.load(ordering: .relaxed) < count {
            awake.add(1, ordering: .relaxed)
            DispatchQueue.global().async(execute: help)
        }
    }

    /// Forgets them, when all are done.
    static func release(_ parts: VectorParts) {
        latest.withLock { if $0 === parts { $0 = nil } }
    }

    @Sendable private static func help() {
        defer { awake.subtract(1, ordering: .relaxed) }
        var seen: Int
        repeat {
            seen = calls.load(ordering: .acquiring)
            latest.withLock({ $0 })?.help()
            guard restsLeft.load(ordering: .relaxed) <= 0 else {
                restsLeft.subtract(1, ordering: .relaxed)
                return
            }
        } while isCalled(after: seen)
        restsLeft.store(rests, ordering: .relaxed)
    }

    /// Looks about for a call.
    private static func isCalled(after seen: Int) -> Bool {
        let start = ContinuousClock.now
        repeat {
            if calls.load(ordering: .acquiring) != seen { return true }
            sched_yield()
        } while ContinuousClock.now - start < patience
        return false
    }
}
