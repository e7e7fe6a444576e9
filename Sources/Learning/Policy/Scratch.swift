import Glibc
import Gym
import Neural

/// The memory in which one thread at a time asks a policy about up to ``rows`` observations.
struct Scratch: Sendable {
    static let rows = 128

    private var states: States
    private var workspace: Workspace
    private var masks: [UInt8]
    private var choices: [Int32]
    private var isBest: [Bool]
    private var values: [Float]

    init(_ network: Network) {
        states = States(rows: Self.rows, network, masked: false)
        workspace = Workspace(for: network.perceptron, capacity: Self.rows)
        masks = []
        values = Array(repeating: 0, count: Self.rows * network.head.members)
        isBest = Array(repeating: true, count: Self.rows)
        choices = Array(repeating: 0, count: Self.rows * network.head.components.count)
    }

    /// Decides rows `range` of `observations`.
    mutating func run(
        _ policy: Policy, _ observations: Lanes, _ range: Range<Int>, masks given: [Bool], mode: Chooser.Mode,
        random: inout RandomGenerator, to decisions: inout Decisions
    ) {
        let (network, head, rows) = (policy.network, policy.network.head, range.count)
        network.observation.encode(observations, rows: range, to: &states)
        network.load(states, rows: rows, policy.transform, into: &workspace)
        network.perceptron.forward(policy.parameters, rows: rows, in: &workspace)
        widen(given, rows: range, network)
        Chooser(head: head, mode).choose(
            workspace.outputs, rows: rows, masks: masks, random: &random, choices: &choices,
            isBest: &isBest)
        network.action.decode(choices, rows: rows, to: &decisions.actions, from: range.lowerBound)
        let components = head.components.count
        for index in 0..<rows * components {
            decisions.choices[range.lowerBound * components + index] = choices[index]
        }
        if !decisions.stateValues.isEmpty { explain(policy, range, to: &decisions) }
    }

    private mutating func widen(_ given: [Bool], rows: Range<Int>, _ network: Network) {
        masks.removeAll(keepingCapacity: true)
        guard !given.isEmpty else { return }
        masks.append(contentsOf: repeatElement(0, count: rows.count * network.head.members))
        for (row, source) in rows.enumerated() {
            network.action.widen(given, row: source, to: &masks, row: row)
        }
    }

    private mutating func explain(_ policy: Policy, _ range: Range<Int>, to decisions: inout Decisions) {
        let (head, rows, first) = (policy.network.head, range.count, range.lowerBound * policy.network.head.members)
        for row in 0..<rows {
            decisions.stateValues[range.lowerBound + row] = workspace.outputs[row * head.width] * policy.valueUnit
        }
        guard policy.reading == .values else {
            head.probabilities(workspace.outputs, rows: rows, masks: masks, to: &values)
            for member in 0..<rows * head.members {
                decisions.probabilities[first + member] = values[member]
                decisions.values[first + member] = logf(values[member])
            }
            return
        }
        head.memberValues(workspace.outputs, rows: rows, masks: masks, to: &values)
        head.best(workspace.outputs, rows: rows, masks: masks, choices: &choices)
        for row in 0..<rows {
            var start = row * head.members
            for (component, count) in head.components.enumerated() {
                let members = start..<start + count
                let best = start + Int(choices[row * head.components.count + component])
                let allowed = members.reduce(0) { $0 + (isAllowed($1) ? 1 : 0) }
                for member in members {
                    guard isAllowed(member) else {
                        decisions.values[first + member] = -.infinity
                        continue
                    }
                    decisions.values[first + member] = values[member] * policy.valueUnit
                    let any = Float(policy.exploration) / Float(allowed)
                    decisions.probabilities[first + member] =
                        member == best ? 1 - Float(policy.exploration) + any : any
                }
                start += count
            }
        }
    }

    private func isAllowed(_ member: Int) -> Bool { masks.isEmpty || masks[member] != 0 }
}
