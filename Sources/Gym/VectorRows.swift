import Dispatch
import Synchronization

/// What a step of many environments came to besides its numbers.
@usableFromInline struct VectorOutcome: Sendable {
    /// The environments whose episode ended in it, and those whose episode was over before, in order.
    @usableFromInline var ended: [Int] = []
    @usableFromInline var waiting: [Int] = []

    @inlinable init() {}

    @inlinable mutating func removeAll() {
        ended.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
    }

    mutating func append(_ other: VectorOutcome) {
        ended += other.ended
        waiting += other.waiting
    }
}

/// The arrays of a ``VectorEngine`` while all environments take a step: on one thread where that is little work, else in
/// parts on as many cores as are free. An environment is its own affair, so which thread steps it changes no result.
///
/// Sendable, because no two threads have the same rows, and whoever owns the arrays waits until all are stepped.
@usableFromInline @safe struct VectorRows<E: Environment>: @unchecked Sendable {
    @usableFromInline let count: Int
    @usableFromInline let width: Int
    @usableFromInline let actionWidth: Int
    @usableFromInline let environments: UnsafeMutableBufferPointer<E>
    @usableFromInline let randoms: UnsafeMutableBufferPointer<RandomGenerator>
    @usableFromInline let isActive: UnsafeBufferPointer<Bool>
    @usableFromInline let actions: UnsafeBufferPointer<E.Action>
    @usableFromInline let observations: UnsafeMutableBufferPointer<E.Observation>
    @usableFromInline let rewards: UnsafeMutableBufferPointer<Double>
    @usableFromInline let terminated: UnsafeMutableBufferPointer<Bool>
    @usableFromInline let truncated: UnsafeMutableBufferPointer<Bool>

    @inlinable init(
        count: Int, width: Int, actionWidth: Int,
        environments: UnsafeMutableBufferPointer<E>,
        randoms: UnsafeMutableBufferPointer<RandomGenerator>,
        isActive: UnsafeBufferPointer<Bool>,
        actions: UnsafeBufferPointer<E.Action>,
        observations: UnsafeMutableBufferPointer<E.Observation>,
        rewards: UnsafeMutableBufferPointer<Double>,
        terminated: UnsafeMutableBufferPointer<Bool>,
        truncated: UnsafeMutableBufferPointer<Bool>
    ) {
        self.count = count
        self.width = width
        self.actionWidth = actionWidth
        unsafe self.environments = environments
        unsafe self.randoms = randoms
        unsafe self.isActive = isActive
        unsafe self.actions = actions
        unsafe self.observations = observations
        unsafe self.rewards = rewards
        unsafe self.terminated = terminated
        unsafe self.truncated = truncated
    }

    /// Steps all whose episode is on.
    /// - Parameter isShared: whether other threads may help.
    @inlinable func step(_ outcome: inout VectorOutcome, isShared: Bool) {
        let part = VectorParts.rows
        guard isShared && count > part else { return step(0..<count, &outcome) }
        // How long the first part takes tells how long the others will.
        let start = ContinuousClock.now
        step(0..<part, &outcome)
        if VectorParts.areWorthSharing(ContinuousClock.now - start, count) {
            VectorParts.share(count, &outcome) { rows, outcome in step(rows, &outcome) }
        } else {
            step(part..<count, &outcome)
        }
    }

    @inlinable func step(_ rows: Range<Int>, _ outcome: inout VectorOutcome) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= count)
        let actions = unsafe Span(_unsafeElements: actions)
        var observations = unsafe MutableSpan(_unsafeElements: observations)
        // Unchecked, because the rows were checked above: a step of a simple world takes little longer than checks.
        for index in rows {
            guard unsafe isActive[index] else {
                unsafe rewards[index] = 0
                outcome.waiting.append(index)
                continue
            }
            let (lane, actionLane) = (index &* width, index &* actionWidth)
            let row = unsafe Range(uncheckedBounds: (lane, lane &+ width))
            let actionRow = unsafe Range(uncheckedBounds: (actionLane, actionLane &+ actionWidth))
            var observation = unsafe observations._mutatingExtracting(unchecked: row)
            let step = unsafe environments[index].step(
                actions.extracting(unchecked: actionRow), random: &randoms[index], observation: &observation)
            unsafe rewards[index] = step.reward
            if step.terminated || step.truncated {
                unsafe terminated[index] = step.terminated
                unsafe truncated[index] = step.truncated
                outcome.ended.append(index)
            }
        }
    }
}

/// Stepping many environments in parts.
@usableFromInline enum VectorParts {
    /// Environments of a part.
    @usableFromInline static let rows = 128
    /// What takes less is done before another thread is awake.
    private static let worthwhile = Duration.microseconds(100)

    /// Whether the parts after the first, which took so long, are.
    @usableFromInline static func areWorthSharing(_ first: Duration, _ count: Int) -> Bool {
        first * (count - rows) >= worthwhile * rows
    }

    /// Goes through the parts after the first. The caller takes all that no other thread has begun: it waits for nobody who
    /// has other things to do.
    @usableFromInline static func share(
        _ count: Int, _ outcome: inout VectorOutcome, _ step: @Sendable (Range<Int>, inout VectorOutcome) -> Void
    ) {
        let parts = (count - 1) / rows
        let outcomes = Mutex([VectorOutcome](repeating: VectorOutcome(), count: parts))
        DispatchQueue.concurrentPerform(iterations: parts) { index in
            let start = (index + 1) * rows
            var own = VectorOutcome()
            step(start..<min(start + rows, count), &own)
            outcomes.withLock { $0[index] = own }
        }
        for part in outcomes.withLock({ $0 }) { outcome.append(part) }
    }
}
