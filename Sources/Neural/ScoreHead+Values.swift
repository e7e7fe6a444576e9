import CKernels

/// The reading as action values: Q = V + mean over components of (score − mean of the allowed scores). With one
/// component this is dueling DQN (Wang 2016), with several DecQN (Seyde 2023). Nothing is subtracted from the scores of
/// the component that is not centred.
extension ScoreHead {
    /// The best allowed member of each component, which together are the best decision.
    /// - Parameter first: the row of `outputs` that belongs to the first row of masks and choices.
    public func best(
        _ outputs: [Float], from first: Int = 0, rows: Int, masks: [UInt8] = [], choices: inout [Int32]
    ) {
        check(rows: first..<first + rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count)
        choices.withUnsafeMutableBufferPointer { choices in
            guard let choices = choices.baseAddress else { return }
            forEachRun(outputs, masks: masks) { component, count, scores, mask in
                kernel_row_argmax(
                    rows, width, count, scores + first * width, mask, members, components.count, choices + component)
            }
        }
    }

    /// Q of the chosen decisions, one for each row.
    public func values(
        _ outputs: [Float], rows: Int, masks: [UInt8] = [], of choices: [Int32],
        to values: inout [Float]
    ) {
        check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count && values.count >= rows)
        for row in 0..<rows {
            values[row] = outputs[row * width]
        }
        let share = 1 / Float(components.count)
        values.withUnsafeMutableBufferPointer { values in
            withChecked(choices, rows: rows) { choices in
                forEachRun(outputs, masks: masks) { component, count, scores, mask in
                    kernel_add_choices(
                        rows, width, count, scores, mask, members, components.count, choices + component, share,
                        component == uncentred ? 0 : 1, values.baseAddress)
                }
            }
        }
    }

    /// Lends rows of choices, each of which is one of its component's members.
    private func withChecked(_ choices: [Int32], rows: Int, _ body: (UnsafePointer<Int32>) -> Void) {
        choices.withUnsafeBufferPointer { choices in
            guard let first = choices.baseAddress else { return }
            for (component, count) in components.enumerated() {
                let limit = UInt32(count)
                for row in 0..<rows {
                    precondition(UInt32(bitPattern: first[row * components.count + component]) < limit)
                }
            }
            body(first)
        }
    }

    /// Takes the gradients of the chosen decisions' Q to those of the outputs [rows, width], which it overwrites.
    public func backward(
        _ gradients: [Float], rows: Int, masks: [UInt8] = [], of choices: [Int32],
        to outputs: inout [Float]
    ) {
        check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count && gradients.count >= rows)
        if masks.isEmpty { return backward(gradients, rows: rows, of: choices, toUnmasked: &outputs) }
        for row in 0..<rows {
            outputs[row * width] = gradients[row]
            let slope = gradients[row] / Float(components.count)
            var start = 0
            for (component, count) in components.enumerated() {
                let first = row * width + 1 + start
                if component == uncentred {
                    for place in first..<first + count { outputs[place] = 0 }
                } else {
                    spread(-slope, over: first..<first + count, masks: masks, from: row * members + start, &outputs)
                }
                outputs[first + Int(choices[row * components.count + component])] += slope
                start += count
            }
        }
    }

    private func backward(
        _ gradients: [Float], rows: Int, of choices: [Int32], toUnmasked outputs: inout [Float]
    ) {
        for row in 0..<rows { outputs[row * width] = gradients[row] }
        outputs.withUnsafeMutableBufferPointer { outputs in
            gradients.withUnsafeBufferPointer { gradients in
                withChecked(choices, rows: rows) { choices in
                    guard let outputs = outputs.baseAddress else { return }
                    forEachComponent { component, start, count in
                        kernel_spread_choices(
                            rows, width, count, components.count, choices + component, Float(components.count),
                            component == uncentred ? 0 : 1, gradients.baseAddress, outputs + 1 + start)
                    }
                }
            }
        }
    }

    /// Teaches the scores of members that are not allowed to stay `margin` below the best allowed one, so that the best
    /// is allowed even where nobody says what is: adds the gradient of half the squared excess, mean over rows. Allowed
    /// scores only move together, which no Q notices.
    public func suppress(
        _ outputs: [Float], rows: Int, masks: [UInt8], margin: Float, addingTo gradient: inout [Float]
    ) {
        check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(gradient.count >= rows * width)
        guard !masks.isEmpty else { return }
        for row in 0..<rows {
            var start = 0
            for (component, count) in components.enumerated() {
                let (scores, mask) = (row * width + 1 + start, row * members + start)
                start += count
                // Its members always come with who is asked.
                guard component != uncentred else { continue }
                var (best, allowed, sum) = (-Float.infinity, 0, Float(0))
                for member in 0..<count where masks[mask + member] != 0 {
                    best = max(best, outputs[scores + member])
                    allowed += 1
                }
                guard allowed > 0 else { continue }
                for member in 0..<count where masks[mask + member] == 0 {
                    let excess = max(outputs[scores + member] + margin - best, 0) / Float(rows)
                    gradient[scores + member] += excess
                    sum += excess
                }
                for member in 0..<count where masks[mask + member] != 0 {
                    gradient[scores + member] -= sum / Float(allowed)
                }
            }
        }
    }

    /// Every member's value, had all other components their mean: V + (score − mean of the allowed scores) / components,
    /// [rows, members]. With one component this is Q.
    public func memberValues(
        _ outputs: [Float], rows: Int, masks: [UInt8] = [], to values: inout [Float]
    ) {
        check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(values.count >= rows * members)
        let share = 1 / Float(components.count)
        values.withUnsafeMutableBufferPointer { values in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows) { means in
                var start = 0
                forEachRun(outputs, masks: masks) { component, count, scores, mask in
                    mean(component, rows: rows, count, scores, mask, to: means)
                    for row in 0..<rows {
                        for member in 0..<count {
                            values[row * members + start + member] =
                                outputs[row * width] + share * (scores[row * width + member] - means[row])
                        }
                    }
                    start += count
                }
            }
        }
    }

    /// What is subtracted from a component's scores in each row.
    private func mean(
        _ component: Int, rows: Int, _ count: Int, _ scores: UnsafePointer<Float>, _ mask: UnsafePointer<UInt8>?,
        to means: UnsafeMutableBufferPointer<Float>
    ) {
        if component == uncentred {
            means.update(repeating: 0)
        } else {
            kernel_row_mean(rows, width, count, scores, mask, members, means.baseAddress)
        }
    }

    private func spread(
        _ total: Float, over places: Range<Int>, masks: [UInt8], from first: Int,
        _ outputs: inout [Float]
    ) {
        var allowed = 0
        for member in 0..<places.count where masks[first + member] != 0 {
            allowed += 1
        }
        for member in 0..<places.count {
            outputs[places.lowerBound + member] = masks[first + member] != 0 ? total / Float(allowed) : 0
        }
    }

    /// The scores of each component in the first row, and its masks.
    func forEachRun(
        _ outputs: [Float], masks: [UInt8],
        _ body: (_ component: Int, _ count: Int, UnsafePointer<Float>, UnsafePointer<UInt8>?) -> Void
    ) {
        outputs.withUnsafeBufferPointer { outputs in
            withPointer(to: masks) { masks in
                guard let outputs = outputs.baseAddress else { return }
                forEachComponent { component, start, count in
                    body(component, count, outputs + 1 + start, masks.map { $0 + start })
                }
            }
        }
    }
}
