import Gym
import Neural

/// Chooses among the members of components: the best, or with a probability of its own in each component, any.
struct Chooser: Sendable {
    let head: ScoreHead
    /// ε: how likely a component explores.
    let exploration: Double

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
