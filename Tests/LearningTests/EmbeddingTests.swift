import Gym
import Learning
import Testing

@Suite struct EmbeddingTests {
    /// Mean returns of a policy and of acting at random in the same fifty episodes.
    private func judge(_ policy: Policy, _ request: EnvironmentRequest) throws -> (mean: Double, random: Double) {
        var random = RandomGenerator(seed: 5)
        let seeds = (0..<50).map { UInt64(10_000 + $0) }
        let own = try Evaluation(of: policy, in: request, seeds: seeds, random: &random)
        let any = try Evaluation(ofRandomIn: request, form: policy.network.action, seeds: seeds, random: &random)
        return (own.mean, any.mean)
    }

    @Test(arguments: [Phase.Method.q, .ppo]) func `learns which of ten thousand actions fits`(
        _ method: Phase.Method
    ) throws {
        let request = EnvironmentRequest(Throwing.spec(10_000))
        let learner = try request.learner(["discount": 0.0])
        let training = try Training(
            TrainingRequest(
                environment: request, budget: .init(steps: method == .q ? 5_000 : 40_000), phases: [Phase(method)],
                evaluationInterval: 100_000, evaluationEpisodes: 5), learner, now: { 0 })
        while try !training.next().isEmpty {}
        let found = try judge(training.learner.policy, request)

        #expect(found.random < -9)
        #expect(found.mean > (method == .q ? -2 : -4))
    }

    @Test func `imitates one who knows`() throws {
        let request = EnvironmentRequest(Throwing.spec(10_000))
        let training = try Training(
            TrainingRequest(
                environment: request, budget: .init(steps: 3_000),
                phases: [Phase(.dagger, expert: Thrower(world: Throwing(count: 10_000)))],
                evaluationInterval: 100_000, evaluationEpisodes: 5), try request.learner(), now: { 0 })
        while try !training.next().isEmpty {}
        let found = try judge(training.learner.policy, request)

        #expect(found.mean > -1.5)
    }

    @Test func `learns a table where nothing is known of the actions`() throws {
        let request = EnvironmentRequest(Throwing.spec(5_000, showsFeatures: false))
        let expert = Thrower(world: Throwing(count: 5_000), choices: 40)
        let training = try Training(
            TrainingRequest(
                environment: request, budget: .init(steps: 4_000), phases: [Phase(.dagger, expert: expert)],
                evaluationInterval: 100_000, evaluationEpisodes: 5), try request.learner(), now: { 0 })
        while try !training.next().isEmpty {}
        let found = try judge(training.learner.policy, request)

        #expect(found.mean > -4)
    }
}

/// Throws at what is nearest, of the first so many places.
private struct Thrower: Expert {
    let world: Throwing
    var choices: Int?

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        .int64(
            (0..<rows).map { row in
                let (x, y) = (observations.double(2 * row), observations.double(2 * row + 1))
                func distance(_ place: Int) -> Double {
                    let (dx, dy) = (
                        Double(world.places.values[2 * place]) - x, Double(world.places.values[2 * place + 1]) - y
                    )
                    return dx * dx + dy * dy
                }
                let places = 0..<(choices ?? world.places.count)
                return Int64(places.min { distance($0) < distance($1) } ?? 0)
            })
    }
}
