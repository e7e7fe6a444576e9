import Gym

/// The exact optimum of a world whose dynamics are a table.
struct ValueIteration: Expert {
    static let spec = ExpertSpec(
        id: "value-iteration",
        summary: """
            The action of the highest value, by value iteration on the transition table, with a discount of 1 − 1/(time \
            limit).
            """,
        environments: [FrozenLake.specs, Taxi.specs, CliffWalking.specs, Crossing.specs].flatMap { $0.map(\.id) }
    ) { vector, keywords throws(EnvironmentError) in
        // Whether a taxi's passenger will change their mind cannot be seen: who heeds where they want to go now does
        // what can be done.
        let table = if let table = vector.transitionTable { table } else { try Taxi(keywords).walk.table }
        return ValueIteration(table, horizon: vector.options.maxEpisodeSteps ?? defaultHorizon)
    }

    private static let defaultHorizon = 1_000
    private static let tolerance = 1e-12
    private static let maxSweeps = 2_000

    /// Q, [states, actions].
    private let values: [Double]
    private let actions: Int

    /// - Parameter horizon: how long episodes are. Nobody sees how many steps are left, so each step counts as though
    ///   it were the last once in so many; in particular, what can be had at once is not put off for ever.
    init(_ table: TransitionTable, horizon: Int) {
        actions = table.outcomes[0].count
        let discount = 1 - 1 / Double(horizon)
        var best = [Double](repeating: 0, count: table.outcomes.count)
        func value(_ outcomes: [TransitionTable.Outcome]) -> Double {
            var sum = 0.0
            for outcome in outcomes {
                let next = outcome.terminated ? 0 : discount * best[outcome.next]
                sum += outcome.probability * (outcome.reward + next)
            }
            return sum
        }
        for sweep in 0..<Self.maxSweeps {
            var change = 0.0
            for index in best.indices {
                // To and fro, so that news of a goal travels fast both ways.
                let state = sweep.isMultiple(of: 2) ? index : best.count - 1 - index
                let new = table.outcomes[state].reduce(-.infinity) { max($0, value($1)) }
                change = max(change, abs(new - best[state]))
                best[state] = new
            }
            if change <= Self.tolerance { break }
        }
        values = table.outcomes.flatMap { $0.map(value) }
    }

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        .int64((0..<rows).map { best(in: Int(observations.integer($0)), masks.dropFirst($0 * actions)) })
    }

    /// The first of the best actions that are allowed.
    private func best(in state: Int, _ mask: ArraySlice<Bool>) -> Int64 {
        var best = (action: 0, value: -Double.infinity)
        for action in 0..<actions where mask.isEmpty || mask[mask.startIndex + action] {
            let value = values[state * actions + action]
            if value > best.value { best = (action, value) }
        }
        return Int64(best.action)
    }
}
