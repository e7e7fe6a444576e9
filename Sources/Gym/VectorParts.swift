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
    /// For each so long that the caller alone would take, a helper; for less, to share is not worth the trouble.
    private static let worthwhile = Duration.microseconds(40)
    /// How long the caller looks for the helpers to end before it sleeps.
    private static let patience = Duration.microseconds(50)

    private let step: Work
    private let end: Int
    private let next: Atomic<Int>
    private let left: Atomic<Int>
    private let found = Mutex(VectorOutcome())
    private let isHelped = DispatchSemaphore(value: 0)

    /// - Parameter pace: how long the first rows took in the step before.
    /// - Returns: nil where it is not worthwhile.
    @usableFromInline convenience init?(_ rows: Range<Int>, pace: Duration, _ step: @escaping Work) {
        let helpers = min(VectorHelpers.most, Int(pace * rows.count / Self.firstRows / Self.worthwhile))
        guard helpers > 0 else { return nil }
        self.init(rows, helpers: helpers, step)
    }

    /// Calls for help.
    init(_ rows: Range<Int>, helpers: Int, _ step: @escaping Work) {
        self.step = step
        end = rows.upperBound
        next = Atomic(rows.lowerBound)
        left = Atomic(rows.count)
        VectorHelpers.call(helpers, for: self)
    }

    /// Steps what nobody has begun. Whoever comes too late does not touch the rows: they are the caller's again.
    func help() {
        var outcome = VectorOutcome()
        let taken = take(&outcome)
        guard taken > 0 else { return }
        found.withLock { $0.append(outcome) }
        left.subtract(taken, ordering: .releasing)
        isHelped.signal()
    }

    /// Steps what nobody has begun, and waits until all is done.
    @usableFromInline func finish(_ outcome: inout VectorOutcome) {
        left.subtract(take(&outcome), ordering: .relaxed)
        let start = ContinuousClock.now
        while left.load(ordering: .acquiring) > 0 {
            if ContinuousClock.now - start < Self.patience { sched_yield() } else { isHelped.wait() }
        }
        VectorHelpers.release(self)
        found.withLock { outcome.append($0) }
        outcome.sort()
    }

    /// Steps part after part until all are taken.
    /// - Returns: how many rows it stepped.
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
}
