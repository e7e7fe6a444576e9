import Gym
import Neural

/// Finds the best of an embedded component's members without a look at all of them. It is laid for one policy; what it
/// finds of the truth is measured there, and a search makes the least effort that finds as much as was asked for.
public final class ActionIndex: Sendable {
    /// What the members' keys were made of.
    private let parameters: [Float]
    private let features: ActionFeatures?
    private let keys: KeyIndex
    /// How often it finds the best member, and the mean share of the ten best that it finds.
    public let bestRecall: Double
    public let recall: Double
    /// How many candidates a search keeps.
    public let effort: Int

    /// What recall is about. More than these it is not asked for.
    static let most = 10
    /// The observations in which recall is measured.
    private static let judged = 200
    private static let efforts = [16, 32, 64, 128, 256, 512]
    /// Where a larger share than this is other than before, a new graph is laid sooner than the old one is mended.
    private static let mendedShare = 0.1

    /// - Parameters:
    ///   - wanted: what both recalls are to be at least; where no effort reaches it, they are less.
    ///   - previous: an index that is mended, where it was laid for the same policy and a table not much different.
    ///   - proceed: asked now and then with how many members are in; false throws `interrupted`.
    init(
        for policy: Policy, _ table: KeyTable, recall wanted: Double, after previous: ActionIndex?,
        proceed: (_ laid: Int) -> Bool
    ) throws(NeuralError) {
        (parameters, features) = (policy.parameters, policy.network.features)
        let all = table.keys
        if let previous, previous.isLaid(for: policy),
            let changed = Self.changes(from: previous.features, to: features, atMost: Self.mendedShare)
        {
            keys = previous.keys
            for member in changed {
                if table.isWithdrawn(member) {
                    keys.remove(Int32(member))
                } else {
                    try keys.insert(Int32(member), all[member])
                }
            }
        } else {
            keys = try KeyIndex(all, proceed: proceed)
            for member in 0..<all.count where table.isWithdrawn(member) { keys.remove(Int32(member)) }
        }
        let queries = policy.typicalQueries(Self.judged)
        var best: [[ScoredKey]] = []
        for row in 0..<Self.judged {
            guard proceed(all.count) else { throw .interrupted }
            best.append(all.top(Self.most, queries.row(row), masks: KeyMasks(shared: table.available)))
        }
        var (bestRecall, recall, effort) = (0.0, 0.0, 0)
        for next in Self.efforts where min(bestRecall, recall) < wanted {
            effort = next
            bestRecall = try keys.recall(of: best.map { Array($0.prefix(1)) }, queries, effort: effort)
            recall = try keys.recall(of: best, queries, effort: effort)
        }
        (self.bestRecall, self.recall, self.effort) = (bestRecall, recall, effort)
    }

    /// The members whose row, or right to be chosen, is not what it was; nil where these are too many to mend.
    private static func changes(
        from before: ActionFeatures?, to after: ActionFeatures?, atMost share: Double
    ) -> [Int]? {
        guard let before, let after, before.width == after.width, before.count <= after.count else { return nil }
        let (limit, width) = (Int(share * Double(after.count)), after.width)
        var changed: [Int] = []
        for member in 0..<after.count {
            let lanes = member * width..<(member + 1) * width
            guard
                member >= before.count || before.isWithdrawn(member) != after.isWithdrawn(member)
                    || lanes.contains(where: { before.values[$0] != after.values[$0] })
            else { continue }
            guard changed.count < limit else { return nil }
            changed.append(member)
        }
        return changed
    }

    /// Whether it was laid for this policy, though perhaps for another table of actions.
    public func isLaid(for policy: Policy) -> Bool { parameters == policy.parameters }

    /// Whether it finds as much as is asked for: the best member as often, and as large a share of the ten best.
    public func finds(_ wanted: Double) -> Bool { min(bestRecall, recall) >= wanted }

    /// The memory it takes, its copy of the keys among it.
    public var byteCount: Int { keys.byteCount }

    /// The best members that it finds, best first; nil where exact search has to answer.
    func top(_ count: Int, _ query: Rows<Float>, _ table: KeyTable) -> [ScoredKey]? {
        guard count <= Self.most, let found = try? keys.search(query, most: count, effort: effort),
            found.count == min(count, table.availableCount)
        else { return nil }
        // It may have been mended since for a later table.
        let count = table.keys.count
        return found.allSatisfy { Int($0.key) < count && !table.isWithdrawn(Int($0.key)) } ? found : nil
    }
}

extension Policy {
    /// An index over its embedded actions; nil where none are embedded.
    /// - Parameters:
    ///   - recall: the share of the ten best that it is to find.
    ///   - previous: the one that served until now.
    ///   - proceed: asked now and then with how many actions are in; false ends it with an error.
    public func makeIndex(
        recall: Double, after previous: ActionIndex?, proceed: (_ laid: Int) -> Bool
    ) throws(NeuralError) -> ActionIndex? {
        guard let keyTable else { return nil }
        return try ActionIndex(for: self, keyTable, recall: recall, after: previous, proceed: proceed)
    }

    /// How many members the embedded component has; 0 where none is embedded.
    public var embeddedCount: Int { network.embedding?.count ?? 0 }

    /// What finds the best actions where an approximate answer will do; nil where exact search does.
    public var index: ActionIndex? { keyTable?.index }

    /// Has every copy of this policy answer by an index, or exactly again.
    public func answer(by index: ActionIndex?) { keyTable?.index = index }

    /// What is asked in observations like those that were met: each number as far from its mean as it used to be, on its
    /// own; categories any.
    fileprivate func typicalQueries(_ rows: Int) -> Rows<Float> {
        var random = RandomGenerator(seed: 0)
        var states = States(rows: rows, network, masked: false)
        let (numbers, categories) = (network.observation.numbers, network.observation.categories)
        for row in 0..<rows {
            for lane in 0..<numbers {
                let number = normalizer.isEmpty ? random.uniform(-1, 1) : normalizer.draw(lane, &random)
                states.numbers[row * numbers + lane] = Float(number)
            }
            for (lane, count) in categories.enumerated() {
                states.categories[row * categories.count + lane] = Int32(random.integers(0, count))
            }
        }
        var workspace = Workspace(for: network.asking, capacity: rows)
        network.load(states, rows: rows, transform, into: &workspace)
        network.asking.forward(parameters, rows: rows, in: &workspace)
        return network.queries(workspace.outputs)
    }
}
