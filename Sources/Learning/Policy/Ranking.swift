import Glibc
import Gym
import Neural

extension Policy {
    /// One of the best actions, and what the policy thinks of it.
    public struct Ranked: Sendable {
        /// One row of the action space's lanes.
        public let action: Lanes
        /// Its Q value; of a policy, the logarithm of its probability.
        public let score: Float
        /// Under the stochastic policy.
        public let probability: Float
    }

    /// The `count` best actions in row `row`, best first, exactly unless an index was asked; fewer where there are fewer.
    /// With several components Q is a sum of what each contributes, so the next best action always differs from a better
    /// one in one place.
    /// - Precondition: `decisions` are this policy's, with details.
    public func ranking(_ decisions: Decisions, row: Int, count: Int) -> [Ranked] {
        let value = reading == .values ? decisions.stateValues[row] : 0
        let columns = columns(decisions, row: row, above: value, atMost: count)
        var frontier = [Place(Array(repeating: 0, count: columns.count), columns)]
        var seen: Set<[Int]> = [frontier[0].ranks]
        var ranked: [Ranked] = []
        while ranked.count < count, let best = frontier.indices.max(by: { frontier[$0].score < frontier[$1].score }) {
            let place = frontier.remove(at: best)
            ranked.append(self.ranked(place, columns, value: value))
            for column in columns.indices where place.ranks[column] + 1 < columns[column].count {
                var ranks = place.ranks
                ranks[column] += 1
                if seen.insert(ranks).inserted { frontier.append(Place(ranks, columns)) }
            }
        }
        return ranked
    }

    private struct Member {
        let index: Int
        /// What it adds to V, or to the logarithm of the probability.
        let advantage: Float
        let probability: Float
    }

    /// A combination: in each column, the rank of its member.
    private struct Place {
        let ranks: [Int]
        let score: Float

        init(_ ranks: [Int], _ columns: [[Member]]) {
            self.ranks = ranks
            score = zip(ranks, columns).reduce(0) { $0 + $1.1[$1.0].advantage }
        }
    }

    /// The members of each head component that may be taken, best first; of an embedded one, the best.
    private func columns(_ decisions: Decisions, row: Int, above value: Float, atMost count: Int) -> [[Member]] {
        guard let asked = decisions.asked, let component = network.action.embedded else {
            return columns(
                network.action.head, decisions.values, decisions.probabilities,
                from: row * network.action.head.members, above: value)
        }
        let head = network.askingHead
        let outputs = Array(asked.outputs[row * head.width..<(row + 1) * head.width])
        let width = network.action.head.members
        let masks = Array(asked.masks.isEmpty ? [] : asked.masks[row * width..<(row + 1) * width])
        var values = [Float](repeating: 0, count: head.members)
        var probabilities = values
        account(
            for: outputs, rows: 1, masks: network.askingMasks(masks, rows: 1), head, to: &values, &probabilities)
        var columns = columns(head, values, probabilities, from: 0, above: value)
        columns[component] = best(count, network.queries(outputs), masks, decisions.index)
        return columns
    }

    private func columns(
        _ head: ScoreHead, _ values: [Float], _ probabilities: [Float], from start: Int, above value: Float
    ) -> [[Member]] {
        var offset = start
        return head.components.map { count in
            defer { offset += count }
            let members = (0..<count).map { index in
                Member(
                    index: index, advantage: values[offset + index] - value,
                    probability: probabilities[offset + index])
            }
            let allowed = members.filter { $0.advantage > -.infinity && !$0.advantage.isNaN }
            return allowed.sorted { ($0.advantage, -$0.index) > ($1.advantage, -$1.index) }
        }
    }

    /// The best members of the embedded component.
    private func best(_ count: Int, _ query: Rows<Float>, _ given: [UInt8], _ index: ActionIndex?) -> [Member] {
        guard let keyTable else { return [] }
        let (keys, masks) = (keyTable.keys, keyTable.masks(given, network))
        guard reading == .values else {
            // Probabilities take a look at all keys anyway.
            let top = keys.top(count, query, masks: masks)
            let normalizer = keys.normalizer(query, masks: masks)
            return top.map {
                let likely = normalizer.logProbability(ofScore: $0.score)
                return Member(index: Int($0.key), advantage: likely, probability: expf(likely))
            }
        }
        let top = index?.top(count, query, keyTable) ?? keys.top(count, query, masks: masks)
        let allowed =
            given.isEmpty
            ? keyTable.availableCount : (0..<keys.count).count { keyTable.isAllowed($0, given, row: 0, network) }
        let any = Float(exploration) / Float(max(allowed, 1))
        let unit = valueUnit / Float(network.head.components.count)
        return top.enumerated().map { rank, found in
            Member(
                index: Int(found.key), advantage: found.score * unit,
                probability: rank == 0 ? 1 - Float(exploration) + any : any)
        }
    }

    private func ranked(_ place: Place, _ columns: [[Member]], value: Float) -> Ranked {
        let members = zip(place.ranks, columns).map { $1[$0] }
        var action = Lanes(network.action.element, count: network.action.components.count)
        network.action.decode(members.map { Int32($0.index) }, rows: 1, to: &action)
        return Ranked(
            action: action, score: value + place.score, probability: members.reduce(1) { $0 * $1.probability })
    }
}
