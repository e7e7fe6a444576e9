/// One environment of a vector, with its book-keeping.
public struct EnvironmentSlot<E: Environment>: Sendable {
    @usableFromInline var environment: E
    @usableFromInline var random = RandomGenerator()
    @usableFromInline var elapsed = 0
    @usableFromInline var episodeReturn = 0.0
    /// False before the first reset and after an episode's end.
    @usableFromInline var isActive = false

    init(_ environment: E) { self.environment = environment }

    mutating func reset(
        options: Value?, observations: inout [E.Observation], row: Range<Int>
    ) throws(EnvironmentError) {
        var all = observations.mutableSpan
        var observation = all._mutatingExtracting(row)
        isActive = false
        elapsed = 0
        episodeReturn = 0
        try environment.reset(options: options, random: &random, observation: &observation)
        isActive = true
    }

    @inlinable mutating func step(
        _ action: Span<E.Action>, limit: Int, observation: inout MutableSpan<E.Observation>
    ) -> Step {
        var step = environment.step(action, random: &random, observation: &observation)
        elapsed += 1
        episodeReturn += step.reward
        if elapsed >= limit { step.truncated = true }
        if step.terminated || step.truncated { isActive = false }
        return step
    }
}

extension Environment {
    @inlinable public static func stepAll(
        _ slots: inout [EnvironmentSlot<Self>], _ actions: Span<Action>, limit: Int,
        observations: inout [Observation], steps: inout [Step?]
    ) {
        var slots = slots.mutableSpan
        var observations = observations.mutableSpan
        var steps = steps.mutableSpan
        let width = observations.count / slots.count
        let actionWidth = actions.count / slots.count
        for index in 0..<slots.count {
            guard slots[index].isActive else {
                steps[index] = nil
                continue
            }
            var observation = observations._mutatingExtracting(index * width..<(index + 1) * width)
            let action = actions.extracting(index * actionWidth..<(index + 1) * actionWidth)
            steps[index] = slots[index].step(action, limit: limit, observation: &observation)
        }
    }
}
