import Dispatch
import Glibc
import Synchronization

/// Rows that are stepped in parts, which the threads that are free take in turn. The caller takes all that no other has
/// begun: it waits for nobody who has other things to do.
@usableFromInline final class VectorParts: Sendable {
    @usableFromInline typealias Work = @Sendable (Range<Int>, inout VectorOutcome) -> Void

    /// How many rows the caller steps to find out what a row takes.
    @usableFromInline static let firstRows = 64
    private static let rows = 32
    /// What takes less is done before another thread is awake.
    private static let worthwhile = Duration.microseconds(60)
    /// How long the caller looks for the others to end before it sleeps: to be woken takes as long.
    private static let patience = Duration.microseconds(50)
    /// How many threads can run beside the caller.
    private static let helpers = sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1

    /// - Parameter pace: how long the first rows took.
    @usableFromInline static func areWorthSharing(_ pace: Duration, _ count: Int) -> Bool {
        helpers > 0 && pace * (count - firstRows) >= worthwhile * firstRows
    }

    private let step: Work
    private let end: Int
    private let next: Atomic<Int>
    private let left: Atomic<Int>
    private let found = Mutex(VectorOutcome())
    private let isHelped = DispatchSemaphore(value: 0)

    /// Calls for help.
    @usableFromInline init(_ rows: Range<Int>, _ step: @escaping Work) {
        self.step = step
        end = rows.upperBound
        next = Atomic(rows.lowerBound)
        left = Atomic(rows.count)
        for _ in 0..<min(Self.helpers, rows.count / Self.rows) { DispatchQueue.global().async { self.help() } }
    }

    private func help() {
        var outcome = VectorOutcome()
        let taken = take(&outcome)
        // Whoever comes too late must not touch the rows: they are the caller's again.
        guard taken > 0 else { return }
        found.withLock { $0.append(outcome) }
        left.subtract(taken, ordering: .releasing)
        isHelped.signal()
    }

    /// Steps parts until all are taken, and tells how many rows it stepped.
    private func take(_ outcome: inout VectorOutcome) -> Int {
        var taken = 0
        while true {
            let start = next.add(Self.rows, ordering: .relaxed).oldValue
            guard start < end else { return taken }
            let part = start..<min(start + Self.rows, end)
            step(part, &outcome)
            taken += part.count
        }
    }

    /// Steps what nobody has begun, and waits until all is done.
    @usableFromInline func finish(_ outcome: inout VectorOutcome) {
        left.subtract(take(&outcome), ordering: .relaxed)
        let start = ContinuousClock.now
        while left.load(ordering: .acquiring) > 0 {
            if ContinuousClock.now - start < Self.patience { sched_yield() } else { isHelped.wait() }
        }
        found.withLock { outcome.append($0) }
        outcome.sort()
    }
}
