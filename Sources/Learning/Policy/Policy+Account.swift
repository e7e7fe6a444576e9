import Glibc
import Neural

extension Policy {
    /// Tells what outputs say: the value of each member, were the other components at their mean, and how likely the
    /// stochastic policy takes it. Of a policy the value is the logarithm of that. −∞ and 0 for what is not allowed.
    /// - Parameters:
    ///   - head: how the outputs are read.
    ///   - first: where in `values` and `probabilities` the first row begins.
    func account(
        for outputs: [Float], rows: Int, masks: [UInt8], _ head: ScoreHead, to values: inout [Float],
        _ probabilities: inout [Float], from first: Int = 0
    ) {
        var own = [Float](repeating: 0, count: rows * head.members)
        guard reading == .values else {
            head.probabilities(outputs, rows: rows, masks: masks, to: &own)
            for (member, probability) in own.enumerated() {
                probabilities[first + member] = probability
                values[first + member] = logf(probability)
            }
            return
        }
        head.memberValues(outputs, rows: rows, masks: masks, to: &own)
        var choices = [Int32](repeating: 0, count: rows * head.components.count)
        head.best(outputs, rows: rows, masks: masks, choices: &choices)
        for row in 0..<rows {
            var start = row * head.members
            for (component, count) in head.components.enumerated() {
                let members = start..<start + count
                let best = start + Int(choices[row * head.components.count + component])
                func isAllowed(_ member: Int) -> Bool { masks.isEmpty || masks[member] != 0 }
                let any = Float(exploration) / Float(members.count(where: isAllowed))
                for member in members {
                    values[first + member] = isAllowed(member) ? own[member] * valueUnit : -.infinity
                    probabilities[first + member] =
                        isAllowed(member) ? (member == best ? 1 - Float(exploration) + any : any) : 0
                }
                start += count
            }
        }
    }
}
