import Gym
import Neural

/// The memory in which one thread at a time asks a policy about up to ``rows`` observations. It is handed over, never
/// copied, so it is a class: one thread's own from when it is taken out of a pool until it is given back.
final class Scratch: @unchecked Sendable {
    static let rows = 128

    private var states: States
    private var workspace: Workspace
    /// Over all members, and over those that the network has outputs of.
    private var masks: [UInt8]
    private var askingMasks: [UInt8]
    private var choices: [Int32]
    private var isBest: [Bool]
    private var scores: [Float]

    init(_ network: Network) {
        states = States(rows: Self.rows, network, masked: false)
        workspace = Workspace(for: network.asking, capacity: Self.rows)
        (masks, askingMasks) = ([], [])
        isBest = Array(repeating: true, count: Self.rows)
        choices = Array(repeating: 0, count: Self.rows * network.head.components.count)
        scores = Array(repeating: 0, count: Self.rows)
    }

    /// Decides rows `range` of `observations`.
    func run(
        _ policy: Policy, _ observations: Lanes, _ range: Range<Int>, masks given: [Bool], mode: Chooser.Mode,
        random: inout RandomGenerator, to decisions: inout Decisions
    ) {
        // The policy's own network: a copy would count the references of all that it is made of.
        let rows = range.count
        policy.network.observation.encode(observations, rows: range, to: &states)
        policy.network.load(states, rows: rows, policy.transform, into: &workspace)
        policy.network.asking.forward(policy.parameters, rows: rows, in: &workspace)
        widen(given, rows: range, policy.network)
        Chooser(head: policy.network.askingHead, mode).choose(
            workspace.outputs, rows: rows, masks: askingMasks, random: &random, choices: &choices, isBest: &isBest)
        chooseEmbedded(policy, rows: rows, mode, decisions.index, random: &random)
        policy.network.action.decode(choices, rows: rows, to: &decisions.actions, from: range.lowerBound)
        let components = policy.network.head.components.count
        for index in 0..<rows * components {
            decisions.choices[range.lowerBound * components + index] = choices[index]
        }
        if !decisions.stateValues.isEmpty { explain(policy, range, to: &decisions) }
    }

    private func widen(_ given: [Bool], rows: Range<Int>, _ network: Network) {
        // First, since where nothing is embedded it is the same array.
        askingMasks = []
        masks.removeAll(keepingCapacity: true)
        if !given.isEmpty {
            masks.append(contentsOf: repeatElement(0, count: rows.count * network.action.head.members))
            for (row, source) in rows.enumerated() {
                network.action.widen(given, row: source, to: &masks, row: row)
            }
        }
        network.action.close(&masks, grain: network.grain, network.action.head, rows: rows.count)
        askingMasks = network.askingMasks(masks, rows: rows.count)
    }

    /// Chooses among all members of the embedded component, in the place of what was chosen of its query.
    private func chooseEmbedded(
        _ policy: Policy, rows: Int, _ mode: Chooser.Mode, _ index: ActionIndex?, random: inout RandomGenerator
    ) {
        guard let table = policy.keyTable, let component = policy.network.action.embedded else { return }
        let (keys, components) = (table.keys, policy.network.head.components.count)
        switch mode {
        case .exploring(let exploration):
            let queries = policy.network.queries(workspace.outputs)
            let found = index.map { index in (0..<rows).map { index.top(1, queries.row($0), table)?.first } } ?? []
            if found.isEmpty || found.contains(nil) {
                keys.best(
                    queries, rows: rows, masks: table.masks(masks, policy.network), choices: &choices, from: component,
                    stride: components, scores: &scores)
            } else {
                for (row, best) in found.enumerated() { choices[row * components + component] = best?.key ?? 0 }
            }
            guard exploration > 0 else { return }
            for row in 0..<rows where random.random() < exploration {
                choices[row * components + component] = Int32(
                    random.anyMember(of: keys.count) { table.isAllowed($0, masks, row: row, policy.network) })
            }
        case .sampling:
            for row in 0..<rows {
                let drawn = keys.sample(
                    policy.network.queries(workspace.outputs, from: row),
                    masks: table.masks(masks, policy.network, from: row), uniform: random.random())
                choices[row * components + component] = drawn?.choice.key ?? 0
            }
        }
    }

    private func explain(_ policy: Policy, _ range: Range<Int>, to decisions: inout Decisions) {
        let (network, rows) = (policy.network, range.count)
        for row in 0..<rows {
            decisions.stateValues[range.lowerBound + row] =
                workspace.outputs[row * network.askingHead.width] * policy.valueUnit
        }
        if decisions.asked != nil {
            decisions.asked?.outputs += workspace.outputs[..<(rows * network.askingHead.width)]
            decisions.asked?.masks += masks
        }
        guard !decisions.values.isEmpty else { return }
        let members = network.action.head.members
        guard policy.keyTable != nil else {
            policy.account(
                for: workspace.outputs, rows: rows, masks: masks, network.action.head,
                to: &decisions.values, &decisions.probabilities, from: range.lowerBound * members)
            return
        }
        // Row by row, since all outputs of all rows may be many.
        for row in 0..<rows {
            let own = Array(masks.isEmpty ? [] : masks[row * members..<(row + 1) * members])
            policy.account(
                for: policy.allOutputs(workspace.outputs, row: row), rows: 1, masks: policy.allMasks(own),
                network.action.head, to: &decisions.values, &decisions.probabilities,
                from: (range.lowerBound + row) * members)
        }
    }
}
