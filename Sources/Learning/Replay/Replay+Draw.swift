import Glibc
import Gym
import Neural

/// Drawing batches.
extension Replay {
    /// Draws the slots of some rows, all ready ones alike.
    /// - Precondition: some are ready.
    func drawUniformly(_ slots: inout [Int32], rows: Range<Int>, _ random: inout RandomGenerator) {
        let count = min(written, capacity)
        for row in rows {
            var slot = random.integers(0, count)
            while !isReady[slot] { slot = random.integers(0, count) }
            slots[row] = Int32(slot)
        }
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
        var smallest = Float.infinity
        for row in rows {
            weights[row] = priorities[Int(slots[row])]
            smallest = min(smallest, weights[row])
        }
        for row in rows {
            weights[row] = powf(weights[row] / smallest, -beta)
        }
    }

    /// Sets the priorities of the slots of some rows to (|error| + ε)^α, where there are priorities.
    mutating func reprioritize(
        _ slots: [Int32], rows: Range<Int>, values: [Float], targets: [Float], exponent: Float
    ) {
        guard priorities != nil else { return }
        for row in rows {
            prioritize(Int(slots[row]), powf(abs(values[row] - targets[row]) + 1e-3, exponent))
        }
    }

    /// Writes the states in the slots of some rows into the inputs of `workspace`, row `row + first` for row `row`.
    func copyStates(
        _ slots: [Int32], rows: Range<Int>, _ transform: Normalizer.Transform, to workspace: inout Workspace,
        from first: Int
    ) {
        for row in rows {
            transform.apply(states.numbers, row: Int(slots[row]), to: &workspace.numbers, row: first + row)
        }
        let count = width.categories
        for row in rows {
            for category in 0..<count {
                workspace.categories[(first + row) * count + category] =
                    states.categories[Int(slots[row]) * count + category]
            }
        }
    }

    /// Writes what is allowed in the slots of some rows to the same rows of `target`, where there are masks.
    func copyMasks(_ slots: [Int32], rows: Range<Int>, to target: inout [UInt8]) {
        let members = width.members
        for row in rows {
            for member in 0..<members {
                target[row * members + member] = states.masks[Int(slots[row]) * members + member]
            }
        }
    }

    /// Writes what was done in the slots of some rows to the same rows of `target`.
    func copyChoices(_ slots: [Int32], rows: Range<Int>, to target: inout [Int32]) {
        let components = width.choices
        for row in rows {
            for component in 0..<components {
                target[row * components + component] = choices[Int(slots[row]) * components + component]
            }
        }
    }
}
