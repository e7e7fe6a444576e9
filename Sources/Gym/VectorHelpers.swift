import CLibc
import Dispatch
import Glibc
import Synchronization

/// The threads that help to step the rows of others. One that has helped looks about for a little while before it sleeps: who
/// steps a vector soon does so again, and to wake a thread takes about as long as the part of a step that it would do.
enum VectorHelpers {
    /// As many as can run beside whoever calls them.
    static let most = cores_at_hand() - 1
    private static let patience = Duration.microseconds(100)

    private static let awake = Atomic(0)
    /// How often help was called for, and for what at last.
    private static let calls = Atomic(0)
    private static let latest = Mutex<VectorParts?>(nil)

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
        var (seen, start) = (0, ContinuousClock.now)
        while ContinuousClock.now - start < patience {
            let call = calls.load(ordering: .acquiring)
            if call != seen {
                seen = call
                latest.withLock({ $0 })?.help()
                start = ContinuousClock.now
            } else {
                sched_yield()
            }
        }
        awake.subtract(1, ordering: .relaxed)
    }
}
