import CKernels

/// The reading as logits: a softmax over each component's allowed scores, the components independent of each other.
extension ScoreHead {
    /// The probabilities of all members, [rows, members]; those not allowed have 0.
    public func probabilities(
        _ outputs: [Float], rows: Int, masks: [UInt8] = [], to probabilities: inout [Float]
    ) {
        check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(probabilities.count >= rows * members)
        probabilities.withUnsafeMutableBufferPointer { probabilities in
            guard let probabilities = probabilities.baseAddress else { return }
            var start = 0
            forEachRun(outputs, masks: masks) { _, count, scores, mask in
                kernel_row_softmax(rows, width, count, scores, mask, members, members, probabilities + start)
                start += count
            }
        }
    }

    /// log π(a|s) of the chosen decisions, one for each row, summed over components. A component whose chosen member is
    /// not allowed adds 0.
    public func logProbabilities(
        _ outputs: [Float], rows: Int, masks: [UInt8] = [], of choices: [Int32], to logProbabilities: inout [Float]
    ) {
        precondition(choices.count >= rows * components.count && logProbabilities.count >= rows)
        let softmax = Softmax(self, outputs, rows: rows, masks: masks)
        for row in 0..<rows {
            logProbabilities[row] = softmax.logProbability(row, of: choices)
        }
    }
}
