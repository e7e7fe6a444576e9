import Glibc
import Gym
import Neural

/// Drawing batches.
extension Replay {
    /// Draws slots, all ready ones alike.
    /// - Precondition: some are ready.
    func drawUniformly(_ slots: inout [Int32], _ random: inout RandomGenerator) {
        let count = min(written, capacity)
        for row in slots.indices {
            var slot = random.integers(0, count)
            while !isReady[slot] { slot = random.integers(0, count) }
            slots[row] = Int32(slot)
        }
    }

    /// Draws slots in proportion to their priorities, one from each of as many equal parts of their sum (Schaul 2016).
    /// - Parameter weights: out: (probability · count)^−β, the largest of them 1.
    func drawByPriority(
        _ slots: inout [Int32], weights: inout [Float], beta: Float, _ random: inout RandomGenerator
    ) {
        guard let priorities else { return }
        let part = priorities.total / Float(slots.count)
        for row in slots.indices {
            weights[row] = (Float(row) + random.randomFloat()) * part
        }
        priorities.find(&weights, &slots)
        var smallest = Float.infinity
        for row in slots.indices {
            weights[row] = priorities[Int(slots[row])]
            smallest = min(smallest, weights[row])
        }
        for row in slots.indices {
            weights[row] = powf(weights[row] / smallest, -beta)
        }
    }

    /// Sets the priorities of drawn slots to (|error| + ε)^α, where there are priorities.
    mutating func reprioritize(_ slots: [Int32], values: [Float], targets: [Float], exponent: Float) {
        guard priorities != nil else { return }
        for row in slots.indices {
            prioritize(Int(slots[row]), powf(abs(values[row] - targets[row]) + 1e-3, exponent))
        }
    }

    /// Writes the states in `slots` into the inputs of `workspace`, from row `first` on.
    func copyStates(
        _ slots: [Int32], _ transform: Normalizer.Transform, to workspace: inout Workspace, from first: Int
    ) {
        for (row, slot) in slots.enumerated() {
            transform.apply(states.numbers, row: Int(slot), to: &workspace.numbers, row: first + row)
        }
        let count = states.categories.count / capacity
        for (row, slot) in slots.enumerated() {
            for category in 0..<count {
                workspace.categories[(first + row) * count + category] =
                    states.categories[Int(slot) * count + category]
            }
        }
    }

    /// Writes what is allowed in `slots` to the rows of `target`, where there are masks.
    func copyMasks(_ slots: [Int32], to target: inout [UInt8]) {
        let members = states.masks.count / capacity
        for (row, slot) in slots.enumerated() {
            for member in 0..<members {
                target[row * members + member] = states.masks[Int(slot) * members + member]
            }
        }
    }

    /// Writes what was done in `slots` to the first rows of `target`.
    func copyChoices(_ slots: [Int32], to target: inout [Int32]) {
        let components = choices.count / capacity
        for (row, slot) in slots.enumerated() {
            for component in 0..<components {
                target[row * components + component] = choices[Int(slot) * components + component]
            }
        }
    }
}
