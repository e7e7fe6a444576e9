import Gym
import Neural

/// Drawing batches.
extension Replay {
    /// Draws the slots of some rows, all ready ones alike.
    /// - Precondition: some are ready.
    func drawUniformly(_ slots: inout [Int32], rows: Range<Int>, _ random: inout RandomGenerator) {
        let count = min(written, capacity)
        let isReady = isReady.span
        var slots = slots.mutableSpan
        for row in rows {
            var slot = random.integers(0, count)
            while !isReady[slot] { slot = random.integers(0, count) }
            slots[row] = Int32(slot)
        }
    }

    /// Has what is in the slots of some rows brought near.
    func prefetch(_ slots: [Int32], rows: Range<Int>) {
        Prefetch.rows(rows, of: slots, from: states.numbers, width: width.numbers)
        Prefetch.rows(rows, of: slots, from: choices, width: width.choices)
        Prefetch.rows(rows, of: slots, from: outcomes)
    }

    /// Draws the slots of some rows in proportion to their priorities, one from each of as many equal parts of their sum
    /// (Schaul 2016).
    /// - Parameter weights: out: (probability · count)^−β, the largest of them 1.
    func drawByPriority(
        _ slots: inout [Int32], weights: inout [Float], rows: Range<Int>, beta: Float, _ random: inout RandomGenerator
    ) {
        guard let priorities else { return }
        let part = priorities.total / Float(rows.count)
        for row in rows {
            weights[row] = (Float(row - rows.lowerBound) + random.randomFloat()) * part
        }
        priorities.find(&weights, &slots, walks: rows)
        Extremes.divideByLeast(&weights, in: rows)
        Powers.raise(&weights, in: rows, to: -beta)
    }

    /// Sets the priorities of the slots of some rows to (|error| + ε)^α, where there are priorities.
    mutating func reprioritize(
        _ slots: [Int32], rows: Range<Int>, values: [Float], targets: [Float], exponent: Float
    ) {
        guard priorities != nil else { return }
        var weights = rows.map { abs(values[$0] - targets[$0]) + 1e-3 }
        Powers.raise(&weights, in: weights.indices, to: exponent)
        for (place, row) in rows.enumerated() where !isReady[Int(slots[row])] { weights[place] = 0 }
        largestPriority = max(largestPriority, Extremes.largest(weights))
        priorities?.set(slots, of: rows, to: &weights)
    }

    /// Writes what is known of n steps from the slots of some rows to the same rows of the others, rewards times `scale`.
    func copyOutcomes(
        _ slots: [Int32], rows: Range<Int>, scale: Float, rewards: inout [Float], discounts: inout [Float],
        lasts: inout [Int32]
    ) {
        let outcomes = outcomes.span
        var rewards = rewards.mutableSpan
        var discounts = discounts.mutableSpan
        var lasts = lasts.mutableSpan
        for row in rows {
            let outcome = outcomes[Int(slots[row])]
            rewards[row] = outcome.reward * scale
            discounts[row] = outcome.discount
            lasts[row] = outcome.last
        }
    }

    /// Finds out by other rewards what n steps from the slots of some rows gave, and writes it, times `scale`, to the same
    /// rows of `rewards`, and what the value of which slot counts from there on.
    /// - Parameter reward: what the step in a slot gave.
    @inline(__always) func outcomes(
        of slots: [Int32], rows: Range<Int>, discount: Float, scale: Float, rewards: inout [Float],
        discounts: inout [Float], lasts: inout [Int32], reward: (Int) -> Float
    ) {
        var rewards = rewards.mutableSpan
        var discounts = discounts.mutableSpan
        var lasts = lasts.mutableSpan
        for row in rows {
            let outcome = outcome(of: Int(slots[row]), discount: discount, reward: reward)
            rewards[row] = outcome.reward * scale
            discounts[row] = outcome.discount
            lasts[row] = outcome.last
        }
    }

    /// Writes the states in the slots of some rows into the inputs of `workspace`, row `row + first` for row `row`.
    func copyStates(
        _ slots: [Int32], rows: Range<Int>, _ transform: Normalizer.Transform, to workspace: inout Workspace,
        from first: Int
    ) {
        workspace.gather(
            rows, of: slots, from: states.numbers, shift: transform.shift, scale: transform.scale,
            limit: transform.limit, to: first)
        let count = width.categories
        guard count > 0 else { return }
        for row in rows {
            for category in 0..<count {
                workspace.categories[(first + row) * count + category] =
                    states.categories[Int(slots[row]) * count + category]
            }
        }
    }

    /// Writes which of some members are allowed in the slots of some rows to the same rows of `target`, as many wide:
    /// everything where there are no masks.
    func copyMasks(_ slots: [Int32], rows: Range<Int>, of members: [Int32], to target: inout [UInt8]) {
        for row in rows {
            let (slot, start) = (Int(slots[row]), row * members.count)
            for (place, member) in members.enumerated() {
                target[start + place] = masks.isEmpty || masks.isAllowed(slot, Int(member)) ? 1 : 0
            }
        }
    }

    /// Appends a few of the members of a component, counted from its first, that are allowed in a slot; nothing where
    /// there are no masks.
    func drawAllowed(
        _ slot: Int, _ members: Range<Int>, count: Int, _ random: inout RandomGenerator, to drawn: inout [Int32]
    ) {
        guard !masks.isEmpty else { return }
        for _ in 0..<count {
            drawn.append(
                Int32(random.anyMember(of: members.count) { masks.isAllowed(slot, members.lowerBound + $0) }))
        }
    }

    /// Writes what was done in the slots of some rows to the same rows of `target`.
    func copyChoices(_ slots: [Int32], rows: Range<Int>, to target: inout [Int32]) {
        let components = width.choices
        let choices = choices.span
        var target = target.mutableSpan
        let slots = slots.span
        if components == 1 {
            for row in rows { target[row] = choices[Int(slots[row])] }
            return
        }
        for row in rows {
            let slot = Int(slots[row])
            for component in 0..<components {
                target[row * components + component] = choices[slot * components + component]
            }
        }
    }
}
