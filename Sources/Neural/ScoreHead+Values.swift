import CKernels

/// The reading as action values: Q = V + mean over components of (score − mean of the allowed scores). With one
/// component this is dueling DQN (Wang 2016), with several DecQN (Seyde 2023).
extension ScoreHead {
    /// The best allowed member of each component, which together are the best decision.
    public func best(
        _ outputs: Span<Float>, rows: Int, masks: Span<UInt8>? = nil, choices: inout MutableSpan<Int32>
    ) {
        check(rows: rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count)
        choices.withUnsafeMutableBufferPointer { choices in
            guard let choices = choices.baseAddress else { return }
            forEachRun(outputs, masks: masks) { component, count, scores, mask in
                kernel_row_argmax(
                    rows, width, count, scores, mask, members, components.count, choices + component)
            }
        }
    }

    /// Q of the chosen decisions, one for each row.
    public func values(
        _ outputs: Span<Float>, rows: Int, masks: Span<UInt8>? = nil, of choices: Span<Int32>,
        to values: inout MutableSpan<Float>
    ) {
        check(rows: rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count && values.count >= rows)
        for row in 0..<rows {
            values[row] = outputs[row * width]
        }
        let share = 1 / Float(components.count)
        values.withUnsafeMutableBufferPointer { values in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows) { means in
                forEachRun(outputs, masks: masks) { component, count, scores, mask in
                    kernel_row_mean(rows, width, count, scores, mask, members, means.baseAddress)
                    for row in 0..<rows {
                        let choice = Int(choices[row * components.count + component])
                        precondition((0..<count).contains(choice))
                        values[row] += share * (scores[row * width + choice] - means[row])
                    }
                }
            }
        }
    }

    /// Takes the gradients of the chosen decisions' Q to those of the outputs [rows, width], which it overwrites.
    public func backward(
        _ gradients: Span<Float>, rows: Int, masks: Span<UInt8>? = nil, of choices: Span<Int32>,
        to outputs: inout MutableSpan<Float>
    ) {
        check(rows: rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * components.count && gradients.count >= rows)
        for row in 0..<rows {
            outputs[row * width] = gradients[row]
            let slope = gradients[row] / Float(components.count)
            var start = 0
            for (component, count) in components.enumerated() {
                let first = row * width + 1 + start
                if let masks {
                    spread(-slope, over: first..<first + count, masks: masks, from: row * members + start, &outputs)
                } else {
                    for place in first..<first + count {
                        outputs[place] = -slope / Float(count)
                    }
                }
                outputs[first + Int(choices[row * components.count + component])] += slope
                start += count
            }
        }
    }

    /// Every member's value, had all other components their mean: V + score − mean of the allowed scores, [rows,
    /// members]. With one component this is Q.
    public func memberValues(
        _ outputs: Span<Float>, rows: Int, masks: Span<UInt8>? = nil, to values: inout MutableSpan<Float>
    ) {
        check(rows: rows, outputs: outputs.count, masks: masks)
        precondition(values.count >= rows * members)
        values.withUnsafeMutableBufferPointer { values in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows) { means in
                var start = 0
                forEachRun(outputs, masks: masks) { component, count, scores, mask in
                    kernel_row_mean(rows, width, count, scores, mask, members, means.baseAddress)
                    for row in 0..<rows {
                        for member in 0..<count {
                            values[row * members + start + member] =
                                outputs[row * width] + scores[row * width + member] - means[row]
                        }
                    }
                    start += count
                }
            }
        }
    }

    private func spread(
        _ total: Float, over places: Range<Int>, masks: Span<UInt8>, from first: Int,
        _ outputs: inout MutableSpan<Float>
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
        _ outputs: Span<Float>, masks: Span<UInt8>?,
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
