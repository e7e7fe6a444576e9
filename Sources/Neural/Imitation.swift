import Glibc

/// How far scores are from preferring a demonstrated decision.
public enum Imitation: Sendable, Equatable {
    /// The negative log-likelihood of the decision under the softmax of the scores, summed over components: behaviour
    /// cloning, and with Q as logits the regulariser of discrete CQL.
    case crossEntropy
    /// How far the best member, where all but the demonstrated one get `margin` more, is above the demonstrated one, mean
    /// over components: the large margin of DQfD (Hester 2018).
    case margin(Float)

    /// The mean over rows of the weighted losses; its gradient, times `scale`, is added to that of the outputs.
    /// - Parameters:
    ///   - spreads: for each component how far around the demonstrated member others are taken for demonstrated too, the
    ///     deviation of a normal distribution over its members; 0 for that one alone. Of cross entropy; all 0 where there
    ///     are none.
    ///   - weights: one for each row; all 1 where there are none.
    public func callAsFunction(
        _ head: ScoreHead, outputs: [Float], rows: Int, masks: [UInt8] = [], choices: [Int32],
        spreads: [Float] = [], weights: [Float] = [], scale: Float = 1, addingTo gradient: inout [Float]
    ) -> Double {
        head.check(rows: 0..<rows, outputs: outputs.count, masks: masks)
        precondition(choices.count >= rows * head.components.count && gradient.count >= rows * head.width)
        precondition(weights.isEmpty || weights.count >= rows)
        precondition(spreads.isEmpty || spreads.count == head.components.count)
        var probabilities: [Float] = []
        if self == .crossEntropy {
            probabilities = [Float](repeating: 0, count: rows * head.members)
            head.probabilities(outputs, rows: rows, masks: masks, to: &probabilities)
        }
        var loss = 0.0
        for row in 0..<rows {
            let weight = (weights.isEmpty ? 1 : weights[row]) / Float(rows)
            var members = 0..<0
            for (component, count) in head.components.enumerated() {
                members = members.upperBound..<members.upperBound + count
                let choice = members.lowerBound + Int(choices[row * head.components.count + component])
                precondition(members.contains(choice))
                let place = Place(
                    members: members, choice: choice, output: row * head.width + 1, mask: row * head.members)
                switch self {
                case .crossEntropy:
                    let spread = spreads.isEmpty ? 0 : spreads[component]
                    loss += Self.crossEntropy(probabilities, masks, place, spread, weight, scale, &gradient)
                case .margin(let margin):
                    let share = weight / Float(head.components.count)
                    loss += Self.largeMargin(margin, outputs, masks, place, share, scale, &gradient)
                }
            }
        }
        return loss
    }

    /// One component of one row: its members, and where those of the row begin among the outputs and the masks.
    private struct Place {
        let members: Range<Int>
        let choice: Int
        let output: Int
        let mask: Int
    }

    /// Tells how far each of some members is taken for demonstrated; together 1.
    private static func forEachShare(
        _ place: Place, _ spread: Float, _ masks: [UInt8], _ body: (_ member: Int, _ share: Float) -> Void
    ) {
        guard spread > 0 else { return body(place.choice, 1) }
        let reach = Int(3 * spread)
        let near = (place.choice - reach..<place.choice + reach + 1).clamped(to: place.members).filter { member in
            member == place.choice || masks.isEmpty || masks[place.mask + member] != 0
        }
        let weights = near.map { member in
            let distance = Float(member - place.choice) / spread
            return expf(-distance * distance / 2)
        }
        let sum = weights.reduce(0, +)
        for (member, weight) in zip(near, weights) { body(member, weight / sum) }
    }

    private static func crossEntropy(
        _ probabilities: [Float], _ masks: [UInt8], _ place: Place, _ spread: Float, _ weight: Float, _ scale: Float,
        _ gradient: inout [Float]
    ) -> Double {
        for member in place.members {
            gradient[place.output + member] += scale * weight * probabilities[place.mask + member]
        }
        var loss = 0.0
        forEachShare(place, spread, masks) { member, share in
            gradient[place.output + member] -= scale * weight * share
            let likely = Double(max(probabilities[place.mask + member], .leastNormalMagnitude))
            loss -= Double(weight * share) * log(likely)
        }
        return loss
    }

    private static func largeMargin(
        _ margin: Float, _ outputs: [Float], _ masks: [UInt8], _ place: Place, _ weight: Float, _ scale: Float,
        _ gradient: inout [Float]
    ) -> Double {
        let demonstrated = outputs[place.output + place.choice]
        var (best, highest) = (place.choice, demonstrated)
        for member in place.members where member != place.choice {
            if !masks.isEmpty && masks[place.mask + member] == 0 { continue }
            guard outputs[place.output + member] + margin > highest else { continue }
            (best, highest) = (member, outputs[place.output + member] + margin)
        }
        gradient[place.output + best] += scale * weight
        gradient[place.output + place.choice] -= scale * weight
        return Double(weight * (highest - demonstrated))
    }
}
