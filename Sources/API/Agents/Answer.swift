import Gym
import Hosting
import JSON
import Learning
import Store

/// A policy's decisions as a reply to `act`.
struct Answer {
    let agent: Agent
    let served: Agent.Served
    let decisions: Decisions
    /// What the agent's guard made of them; nil where it has none.
    let verdict: Verdict?
    let rows: Int
    let isBatch: Bool
    /// Whether to add the values of states.
    let values: Bool
    let probabilities: Bool
    let topK: Int?

    private var actions: Lanes { verdict?.served ?? decisions.actions }

    private var head: [Int] { served.policy.network.action.scored }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(isBatch ? "actions" : "action")
        writer.elements(of: agent.actionSpace, actions, count: rows, isBatch: isBatch)
        writer.key("policy_version")
        writer.value(served.version)
        if decisions.isApproximate {
            writer.key("approximate")
            writer.value(true)
        }
        if values {
            writer.key("values")
            each(&writer) { $0.value(decisions.stateValues[$1]) }
        }
        if probabilities {
            writer.key("probabilities")
            each(&writer) { writeProbabilities(row: $1, to: &$0) }
        }
        if let topK {
            writer.key("ranking")
            each(&writer) { writeRanking(row: $1, count: topK, to: &$0) }
        }
        if let verdict {
            writer.key("guard")
            each(&writer) { verdict.write(row: $1, to: &$0) }
        }
        writer.endObject()
    }

    private func each(_ writer: inout JSONWriter, _ body: (inout JSONWriter, Int) -> Void) {
        guard isBatch else { return body(&writer, 0) }
        writer.beginArray()
        for row in 0..<rows { body(&writer, row) }
        writer.endArray()
    }

    /// An array over the members of one component; for several components one array each.
    private func writeProbabilities(row: Int, to writer: inout JSONWriter) {
        var offset = row * head.reduce(0, +)
        if head.count > 1 { writer.beginArray() }
        for count in head {
            writer.beginArray()
            for member in offset..<offset + count { writer.value(decisions.probabilities[member]) }
            writer.endArray()
            offset += count
        }
        if head.count > 1 { writer.endArray() }
    }

    private func writeRanking(row: Int, count: Int, to writer: inout JSONWriter) {
        writer.beginArray()
        for ranked in served.policy.ranking(decisions, row: row, count: count) {
            writer.beginObject()
            writer.key("action")
            var offset = 0
            writer.element(of: agent.actionSpace, ranked.action, at: &offset)
            writer.key("score")
            writer.value(ranked.score)
            writer.key("probability")
            writer.value(ranked.probability)
            writer.endObject()
        }
        writer.endArray()
    }

    var tensors: Safetensors {
        var file = Safetensors(TensorCodec.tensors("actions", agent.actionLayout, actions))
        file.append("policy_version", Tensor([Int64(served.version)]))
        if decisions.isApproximate { file.append("approximate", Tensor([true])) }
        if values { file.append("values", Tensor(decisions.stateValues)) }
        if probabilities {
            file.append("probabilities", Tensor(decisions.probabilities, shape: [rows, head.reduce(0, +)]))
        }
        if let verdict { file.append("guard_outcome", Tensor(verdict.outcomes.map(\.rawValue))) }
        return file
    }
}

extension Verdict {
    fileprivate func write(row: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("outcome")
        writer.value(outcomes[row].word)
        writer.key("rules")
        writer.value(Value.strings(rules[row].words))
        writer.endObject()
    }
}
