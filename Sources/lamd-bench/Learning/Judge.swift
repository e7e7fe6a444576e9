import Gym
import Learning

/// What a policy is judged by, the same for all of them.
struct Judge {
    /// No training comes across these: it draws its seeds below 2^63.
    static let seeds = (0..<1_000).map { UInt64(1) << 63 + $0 }
    private static let tolerance = 1e-9

    let environment: EnvironmentRequest

    /// The exact value under the time limit where the world is a table, else the mean of 1,000 fresh episodes.
    func value(of policy: Policy) throws -> Double {
        try ExactValue.of(policy, in: environment) ?? evaluation(of: policy).mean
    }

    /// 1,000 fresh episodes.
    func evaluation(of policy: Policy) throws -> Evaluation {
        try Evaluation(of: policy, in: environment, seeds: Self.seeds)
    }

    /// Of acting at random.
    /// - Parameter sampled: whether by fresh episodes in any case, where masks are obeyed, which tables do not know.
    func randomValue(sampled: Bool = false) throws -> Double {
        if !sampled, let table = try environment.make().transitionTable {
            return table.value(horizon: environment.horizon, \.mean)
        }
        let vector = try environment.make()
        let form = try ActionForm(
            vector.actionSpace,
            bins: Hyperparameters(observation: vector.observationSpace, action: vector.actionSpace).bins)
        var random = RandomGenerator(seed: 0)
        return try Evaluation(ofRandomIn: environment, form: form, seeds: Self.seeds, random: &random).mean
    }

    /// The most that any policy can reach where the world is a table, one that counts its steps included.
    func bestValue() throws -> Double? {
        try environment.make().transitionTable?.value(horizon: environment.horizon) { $0.max() ?? 0 }
    }

    static func reaches(_ value: Double, _ goal: Double) -> Bool { value >= goal - tolerance }
}

extension TransitionTable {
    /// The expected return of an episode, backwards from its end.
    /// - Parameter choose: what a state is worth, of what its actions are worth.
    func value(horizon: Int, _ choose: ([Double]) -> Double) -> Double {
        var values = [Double](repeating: 0, count: outcomes.count)
        for _ in 0..<horizon {
            values = outcomes.map { actions in
                choose(
                    actions.map { outcomes in
                        outcomes.reduce(0) {
                            $0 + $1.probability * ($1.reward + ($1.terminated ? 0 : values[$1.next]))
                        }
                    })
            }
        }
        return zip(initial, values).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
