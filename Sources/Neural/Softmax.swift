import Glibc

/// The softmax of a batch of scores, and what its logarithms are taken from: log p = score − normalizer. The normalizer,
/// log Σ exp, comes from the best member, whose probability never vanishes, so that log p is right where p is 0.
struct Softmax {
    let head: ScoreHead
    /// [rows, members]; 0 for those that are not allowed.
    private(set) var probabilities: [Float]
    /// [rows, components]; 0 where no member is allowed.
    private(set) var normalizers: [Float]
    private let outputs: [Float]
    private let masks: [UInt8]

    init(_ head: ScoreHead, _ outputs: [Float], rows: Int, masks: [UInt8]) {
        self.head = head
        self.outputs = outputs
        self.masks = masks
        probabilities = [Float](repeating: 0, count: rows * head.members)
        normalizers = [Float](repeating: 0, count: rows * head.components.count)
        head.probabilities(outputs, rows: rows, masks: masks, to: &probabilities)
        var best = [Int32](repeating: 0, count: normalizers.count)
        head.best(outputs, rows: rows, masks: masks, choices: &best)
        for row in 0..<rows {
            head.forEachComponent { component, start, _ in
                let place = row * head.components.count + component
                let member = start + Int(best[place])
                let probability = probabilities[row * head.members + member]
                guard probability > 0 else { return }
                normalizers[place] = outputs[row * head.width + 1 + member] - Float(log(Double(probability)))
            }
        }
    }

    /// log p of a row's choices, summed over components. A component whose chosen member is not allowed had no say: 0.
    func logProbability(_ row: Int, of choices: [Int32]) -> Float {
        var sum: Float = 0
        head.forEachComponent { component, start, count in
            let place = row * head.components.count + component
            let choice = Int(choices[place])
            precondition((0..<count).contains(choice))
            guard isAllowed(row, start + choice) else { return }
            sum += outputs[row * head.width + 1 + start + choice] - normalizers[place]
        }
        return sum
    }

    /// The entropy of one component of a row, in nats.
    func entropy(_ row: Int, _ component: Int, _ members: Range<Int>) -> Float {
        let (scores, normalizer) = (row * head.width + 1, normalizers[row * head.components.count + component])
        var entropy: Float = 0
        for member in members {
            entropy += probabilities[row * head.members + member] * (normalizer - outputs[scores + member])
        }
        return entropy
    }

    /// Overwrites the gradient of one component's scores with that of `slope` · log p(choice) + `weight` · entropy.
    func backward(
        _ row: Int, _ component: Int, _ members: Range<Int>, choice: Int, slope: Float, entropy: Float, weight: Float,
        to gradient: inout [Float]
    ) {
        let (scores, normalizer) = (row * head.width + 1, normalizers[row * head.components.count + component])
        let pull = isAllowed(row, choice) ? slope : 0
        for member in members {
            let surprise = normalizer - outputs[scores + member]
            gradient[scores + member] =
                probabilities[row * head.members + member] * (weight * (surprise - entropy) - pull)
        }
        gradient[scores + choice] += pull
    }

    private func isAllowed(_ row: Int, _ member: Int) -> Bool {
        masks.isEmpty || masks[row * head.members + member] != 0
    }
}
