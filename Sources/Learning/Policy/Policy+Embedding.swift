import Gym
import Neural

/// Where the query of an embedded component and the masks of its members are.
extension Network {
    /// The queries among the outputs of ``asking``, from a row on.
    func queries(_ outputs: [Float], from row: Int = 0) -> Rows<Float> {
        let start = askingHead.outputs(of: action.embedded ?? 0).lowerBound
        return Rows(outputs, from: row * askingHead.width + start, stride: askingHead.width)
    }

    /// Masks over the members that ``asking`` has outputs of, for masks over all; all numbers of a query are allowed.
    func askingMasks(_ masks: [UInt8], rows: Int) -> [UInt8] {
        guard let component = action.embedded, !masks.isEmpty else { return masks }
        let (members, width) = (action.head.members(of: component), action.head.members)
        let query = repeatElement(UInt8(1), count: askingHead.components[component])
        var asking: [UInt8] = []
        for row in 0..<rows {
            asking += masks[row * width..<row * width + members.lowerBound]
            asking += query
            asking += masks[row * width + members.upperBound..<(row + 1) * width]
        }
        return asking
    }

    /// Checks that each row of masks [rows, maskWidth] leaves a member that is not withdrawn.
    func checkAvailable(_ masks: [Bool], rows: Int) throws(LearningError) {
        guard !masks.isEmpty, let embedding, embedding.hasWithdrawn else { return }
        let (members, width) = (action.head.members(of: embedding.component), action.maskWidth)
        for row in 0..<rows {
            let isLeft = members.contains {
                masks[row * width + $0] && !embedding.isWithdrawn($0 - members.lowerBound)
            }
            guard isLeft else { throw .invalidMask(row: row, reason: "all the actions that it allows are withdrawn") }
        }
    }
}

extension KeyTable {
    /// Which keys may be chosen, by masks over all members, or none, from a row on.
    func masks(_ masks: [UInt8], _ network: Network, from row: Int = 0) -> KeyMasks {
        guard !masks.isEmpty, let component = network.action.embedded else { return KeyMasks(shared: available) }
        let (start, width) = (network.action.head.members(of: component).lowerBound, network.action.head.members)
        return KeyMasks(Rows(masks, from: row * width + start, stride: width), shared: available)
    }

    func isAllowed(_ member: Int, _ masks: [UInt8], row: Int, _ network: Network) -> Bool {
        guard !isWithdrawn(member) else { return false }
        guard !masks.isEmpty, let component = network.action.embedded else { return true }
        return masks[row * network.action.head.members + network.action.head.members(of: component).lowerBound + member]
            != 0
    }
}

extension Policy {
    /// A row of outputs as if each member of the embedded component had one.
    func allOutputs(_ outputs: [Float], row: Int) -> [Float] {
        guard let keyTable, let component = network.action.embedded else { return outputs }
        let (head, keys) = (network.askingHead, keyTable.keys)
        let (first, query) = (row * head.width, head.outputs(of: component))
        var scores = [Float](repeating: 0, count: keys.count)
        keys.scores(network.queries(outputs, from: row), to: &scores)
        return Array(outputs[first..<first + query.lowerBound]) + scores
            + Array(outputs[first + query.upperBound..<first + head.width])
    }

    /// A row of masks without those who are withdrawn.
    func allMasks(_ masks: [UInt8]) -> [UInt8] {
        guard let keyTable, !keyTable.available.isEmpty, let component = network.action.embedded else { return masks }
        var all = masks.isEmpty ? [UInt8](repeating: 1, count: network.action.head.members) : masks
        let start = network.action.head.members(of: component).lowerBound
        for (member, isAvailable) in keyTable.available.enumerated() where isAvailable == 0 { all[start + member] = 0 }
        return all
    }
}
