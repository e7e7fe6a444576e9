import Glibc

/// The policy gradient on scores read as logits, with V as critic: PPO (Schulman 2017); where nothing is clipped and the
/// policy is still the one that acted, advantage actor-critic and REINFORCE (Williams 1992). The loss is
///
///     mean over rows of −min(r A, clip(r, 1 − ε, 1 + ε) A) + c_v ½ (V − R)² − c_e H
///
/// where r is how much more probable the decision became since it was made, A its advantage, R the return, and H the
/// entropy summed over components.
public struct PolicyGradient: Sendable, Equatable {
    /// ε; infinite where nothing is clipped.
    public var clip: Float
    /// c_v.
    public var valueCoefficient: Float
    /// c_e.
    public var entropyCoefficient: Float

    /// log r is cut off here, so that no gradient is infinite.
    private static let limit: Float = 20

    public init(clip: Float = 0.2, valueCoefficient: Float = 0.5, entropyCoefficient: Float = 0) {
        self.clip = clip
        self.valueCoefficient = valueCoefficient
        self.entropyCoefficient = entropyCoefficient
    }

    /// Means over rows, the losses without their coefficients.
    public struct Means: Sendable, Equatable {
        public var policyLoss = 0.0
        /// Of ½ (V − R)².
        public var valueLoss = 0.0
        public var entropy = 0.0
        /// How far the policy went from the one that acted: of (r − 1) − log r (Schulman 2020).
        public var approximateKL = 0.0
        /// The share of rows whose r is beyond 1 ± ε.
        public var clipFraction = 0.0

        public init() {}
    }

    /// Overwrites `gradient` [rows, width] with that of the loss by the outputs; members that are not allowed get 0.
    /// - Parameters:
    ///   - oldLogProbabilities: log π(a|s) when the decisions were made, from ``ScoreHead/logProbabilities``.
    ///   - returns: what V is taught.
    public func callAsFunction(
        _ head: ScoreHead, outputs: [Float], rows: Int, masks: [UInt8] = [], choices: [Int32],
        oldLogProbabilities: [Float], advantages: [Float], returns: [Float], gradient: inout [Float]
    ) -> Means {
        precondition(rows > 0 && choices.count >= rows * head.components.count && gradient.count >= rows * head.width)
        precondition([oldLogProbabilities, advantages, returns].allSatisfy { $0.count >= rows })
        let softmax = Softmax(head, outputs, rows: rows, masks: masks)
        let share = 1 / Float(rows)
        var means = Means()
        for row in 0..<rows {
            let change = softmax.logProbability(row, of: choices) - oldLogProbabilities[row]
            let slope = share * surrogate(min(change, Self.limit), advantages[row], rows: rows, &means)
            let error = outputs[row * head.width] - returns[row]
            means.valueLoss += Double(error * error) / Double(2 * rows)
            gradient[row * head.width] = share * valueCoefficient * error
            head.forEachComponent { component, start, count in
                let members = start..<start + count
                let entropy = softmax.entropy(row, component, members)
                means.entropy += Double(entropy) / Double(rows)
                softmax.backward(
                    row, component, members, choice: start + Int(choices[row * head.components.count + component]),
                    slope: slope, entropy: entropy, weight: -share * entropyCoefficient, to: &gradient)
            }
        }
        return means
    }

    /// Adds the part of one row, whose decision's log r is `change`, to the means.
    /// - Returns: the gradient of its loss by the logarithm of the decision's probability.
    private func surrogate(_ change: Float, _ advantage: Float, rows: Int, _ means: inout Means) -> Float {
        let ratio = Float(exp(Double(change)))
        let clipped = min(max(ratio, 1 - clip), 1 + clip)
        means.policyLoss -= Double(min(ratio * advantage, clipped * advantage)) / Double(rows)
        means.approximateKL += (expm1(Double(change)) - Double(change)) / Double(rows)
        means.clipFraction += ratio == clipped ? 0 : 1 / Double(rows)
        return ratio * advantage <= clipped * advantage ? -ratio * advantage : 0
    }
}
