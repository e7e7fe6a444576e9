import Gym
import Neural

/// Chooses among the members of components.
struct Chooser: Sendable {
    enum Mode: Sendable, Equatable {
        /// The best, but with probability ε, of its own in each component, any.
        case exploring(Double)
        /// By the probabilities that the scores are the logits of.
        case sampling

        static let greedy = Mode.exploring(0)
    }

    let head: ScoreHead
    let mode: Mode

    init(head: ScoreHead, _ mode: Mode) {
        self.head = head
        self.mode = mode
    }

    /// Writes the choices [rows, components] for network outputs [rows, width].
    /// - Parameters:
    ///   - masks: [rows, members], or empty.
    ///   - isBest: out: whether a row's choice is the best one all the same.
    func choose(
        _ outputs: [Float], rows: Int, masks: [UInt8], random: inout RandomGenerator, choices: inout [Int32],
        isBest: inout [Bool]
    ) {
        head.best(outputs, rows: rows, masks: masks, choices: &choices)
        for row in 0..<rows { isBest[row] = true }
        switch mode {
        case .exploring(let exploration):
            explore(exploration, rows: rows, masks: masks, random: &random, choices: &choices, isBest: &isBest)
        case .sampling:
            sample(outputs, rows: rows, masks: masks, random: &random, choices: &choices, isBest: &isBest)
        }
    }

    private func explore(
        _ exploration: Double, rows: Int, masks: [UInt8], random: inout RandomGenerator, choices: inout [Int32],
        isBest: inout [Bool]
    ) {
        guard exploration > 0 else { return }
        for row in 0..<rows {
            var start = row * head.members
            for (component, count) in head.components.enumerated() {
                if random.random() < exploration {
                    let any = Int32(
                        masks.isEmpty
                            ? random.integers(0, count) : Self.any(of: masks[start..<start + count], &random))
                    let place = row * head.components.count + component
                    isBest[row] = isBest[row] && choices[place] == any
                    choices[place] = any
                }
                start += count
            }
        }
    }

    private func sample(
        _ outputs: [Float], rows: Int, masks: [UInt8], random: inout RandomGenerator, choices: inout [Int32],
        isBest: inout [Bool]
    ) {
        var probabilities = [Float](repeating: 0, count: rows * head.members)
        head.probabilities(outputs, rows: rows, masks: masks, to: &probabilities)
        for row in 0..<rows {
            var start = row * head.members
            for (component, count) in head.components.enumerated() {
                let place = row * head.components.count + component
                let member = Int32(Self.draw(probabilities[start..<start + count], random.randomFloat()))
                isBest[row] = isBest[row] && choices[place] == member
                choices[place] = member
                start += count
            }
        }
    }

    /// The member whose share of [0, 1) covers `place`; where rounding leaves none, the last that is possible.
    private static func draw(_ probabilities: ArraySlice<Float>, _ place: Float) -> Int {
        var (sum, last) = (Float(0), 0)
        for (member, probability) in probabilities.enumerated() where probability > 0 {
            sum += probability
            last = member
            if place < sum { return member }
        }
        return last
    }

    /// One of the allowed members, all alike.
    private static func any(of mask: ArraySlice<UInt8>, _ random: inout RandomGenerator) -> Int {
        let allowed = mask.reduce(0) { $0 + ($1 != 0 ? 1 : 0) }
        guard allowed > 0 else { return 0 }
        var rest = random.integers(0, allowed)
        for (member, isAllowed) in mask.enumerated() where isAllowed != 0 {
            if rest == 0 { return member }
            rest -= 1
        }
        return 0
    }
}
