import Gym

/// The exact value of acting deterministically in a world whose dynamics are a table: no episode needs to be played.
public enum ExactValue {
    /// The expected undiscounted return of an episode of at most `horizon` steps, by dynamic programming backwards from
    /// its end.
    /// - Parameter actions: the action taken in each state.
    public static func of(_ actions: [Int], in table: TransitionTable, horizon: Int) -> Double {
        var values = [Double](repeating: 0, count: table.outcomes.count)
        for _ in 0..<horizon {
            values = actions.indices.map { state in
                table.outcomes[state][actions[state]].reduce(0) { sum, outcome in
                    sum + outcome.probability
                        * (outcome.reward + (outcome.terminated ? 0 : values[outcome.next]))
                }
            }
        }
        return zip(table.initial, values).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The value of an expert, such as a greedy policy, under the environment's time limit; nil where the environment has
    /// no table.
    public static func of(_ expert: any Expert, in request: EnvironmentRequest) throws(LearningError) -> Double? {
        let vector = try request.make()
        guard let table = vector.transitionTable, case .discrete(let states) = vector.observationSpace,
            case .discrete(let actions) = vector.actionSpace
        else { return nil }
        let observations = Lanes.int64((0..<states.n).map { Int64(states.start + $0) })
        let chosen = expert.act(observations, rows: states.n, masks: [])
        return of(
            (0..<states.n).map { Int(chosen.integer($0)) - actions.start }, in: table, horizon: request.horizon)
    }
}
