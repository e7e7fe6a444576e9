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

    mutating func sort() {
        ended.sort()
        waiting.sort()
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
    @usableFromInline let returns: UnsafeMutableBufferPointer<Double>
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
        returns: UnsafeMutableBufferPointer<Double>,
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
        unsafe self.returns = returns
        unsafe self.terminated = terminated
        unsafe self.truncated = truncated
    }

    /// Steps all whose episode is on.
    /// - Parameter pace: how long the first rows took in the step before, which tells whether other threads are called to
    ///   help in this one; nil where none may.
    @inlinable func step(_ outcome: inout VectorOutcome, pace: inout Duration?) {
        let first = VectorParts.firstRows
        guard let before = pace, count > first else { return step(0..<count, &outcome) }
        let parts = VectorParts(first..<count, pace: before, step)
        let start = ContinuousClock.now
        step(0..<first, &outcome)
        pace = ContinuousClock.now - start
        if let parts { parts.finish(&outcome) } else { step(first..<count, &outcome) }
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
            unsafe returns[index] += step.reward
            if step.terminated || step.truncated {
                unsafe terminated[index] = step.terminated
                unsafe truncated[index] = step.truncated
                outcome.ended.append(index)
            }
        }
    }
}
