import Gym
import Neural

/// Bins that grow finer while values are learned: at first few are open, and little is to be explored; then the one between
/// each two opens, and begins with the mean of their scores, again and again until all are open (Growing Q-Networks, Seyde
/// 2024).
extension ActionForm {
    /// Takes closed bins out of masks over the members that `head` scores, [rows, members]; empty where all is allowed, as
    /// before. Where nothing but closed bins is allowed, these stay.
    func close(_ masks: inout [UInt8], grain: Int, _ head: ScoreHead, rows: Int) {
        guard grain > 1 else { return }
        if masks.isEmpty { masks = Array(repeating: 1, count: rows * head.members) }
        for (component, kind) in components.enumerated() where kind.isBins {
            let bins = head.members(of: component)
            for row in 0..<rows {
                let first = row * head.members + bins.lowerBound
                guard stride(from: 0, to: bins.count, by: grain).contains(where: { masks[first + $0] != 0 }) else {
                    continue
                }
                for bin in 0..<bins.count where !bin.isMultiple(of: grain) { masks[first + bin] = 0 }
            }
        }
    }
}

extension ActionForm {
    /// For each component how many bins around one that is shown are taken for shown too: of many bins the next ones are
    /// nearly as right, and each is shown too seldom to be learned by itself.
    var spreads: [Float] {
        guard !isJoint || components.count == 1 else { return [0] }
        return components.enumerated().map { index, kind in
            kind.isBins && kind.count > 16 && !gaussians.contains(index) ? Float(kind.count) / 32 : 0
        }
    }
}

extension Network {
    /// Opens the bin between each two that are open.
    mutating func refine(_ parameters: inout [Float], _ target: inout [Float]) {
        for (component, kind) in action.components.enumerated() where kind.isBins {
            let outputs = askingHead.outputs(of: component)
            for bin in stride(from: grain / 2, to: outputs.count, by: grain) {
                let (output, reach) = (outputs.lowerBound + bin, grain / 2)
                asking.average(output, of: (output - reach, output + reach), in: &parameters)
                asking.average(output, of: (output - reach, output + reach), in: &target)
            }
        }
        grain /= 2
    }
}

extension Learner {
    /// Opens finer bins as exploration goes on, the last of them before it ends. All at once where there is more to learn
    /// from than one's own steps, for what is shown is as fine as can be, and where no values are learned.
    mutating func refineBins() {
        guard network.grain > 1 else { return }
        let levels = network.action.coarsestGrain.trailingZeroBitCount
        let isAlone = demonstrations == nil && labels == nil && objective.learnsValues && reading == .values
        let share = Double(transitions) / Double(max(hyperparameters.exploration.steps, 1))
        let opened = isAlone ? min(levels, Int(share * Double(levels + 1))) : levels
        while network.grain > network.action.coarsestGrain >> opened { network.refine(&parameters, &target) }
        if network.grain == 1 { batch = Batch(count: batch.count, network: network, isMasked: isMasked) }
    }

    /// Takes closed bins out of the masks of the batch. What was done all the same was open to whoever did it.
    mutating func closeBins() {
        guard network.grain > 1 else { return }
        let (action, head) = (network.action, network.head)
        action.close(&batch.masks, grain: network.grain, head, rows: batch.count)
        action.close(&batch.nextMasks, grain: network.grain, head, rows: batch.count)
        for (component, kind) in action.components.enumerated() where kind.isBins {
            let first = head.members(of: component).lowerBound
            for row in 0..<batch.count {
                let choice = Int(batch.choices[row * head.components.count + component])
                batch.masks[row * head.members + first + choice] = 1
            }
        }
    }
}
