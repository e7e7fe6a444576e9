import Gym
import Learning
import Testing

@Suite struct EvaluationTests {
    /// FrozenLake's optimal stationary policy, as value iteration over Gymnasium 1.4.0's table with γ = 0.999 gives it:
    /// 0.740 under the limit of 100 steps (shared: FINDINGS); the exact number is checked against a simulation below.
    static let lake = [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0]

    @Test func `the exact value is what many episodes average to`() throws {
        let request = try EnvironmentRequest.world("FrozenLake-v1")
        let table = try #require(try request.make().transitionTable)
        let value = ExactValue.of(Self.lake, in: table, horizon: 100)
        #expect(abs(value - 0.740) < 0.0005)
        let seeds = (0..<4_000).map { UInt64($0) }
        let evaluation = try Evaluation(in: request, seeds: seeds) { observations, rows, _ throws(LearningError) in
            .int64((0..<rows).map { Int64(Self.lake[Int(observations.integer($0))]) })
        }
        // Four standard errors.
        #expect(abs(evaluation.mean - value) < 0.028)
        #expect(evaluation.lengths.allSatisfy { (1...100).contains($0) })
    }

    @Test func `the value of waiting and going at the crossing is known`() throws {
        let table = try #require(try EnvironmentRequest.world("Crossing-v0").make().transitionTable)
        #expect(abs(ExactValue.of([1, 0], in: table, horizon: 100) - 50) < 1e-9)
        #expect(ExactValue.of([0, 0], in: table, horizon: 100) == 0)
        // On red it goes and crashes: green k times in a row, then red.
        #expect(abs(ExactValue.of([1, 1], in: table, horizon: 2) - (0.5 * (1 + 0.5 - 0.5) - 0.5)) < 1e-9)
    }

    @Test func `a world without a table has no exact value`() throws {
        let request = try EnvironmentRequest.world("CartPole-v1")
        #expect(try ExactValue.of(try request.learner().policy, in: request) == nil)
    }

    @Test func `each seed has its own episode, whoever is beside it`() throws {
        let request = try EnvironmentRequest.world("CartPole-v1")
        let push: Evaluation.Acting = { observations, rows, _ throws(LearningError) in
            .int64((0..<rows).map { observations.double(4 * $0 + 2) > 0 ? 1 : 0 })
        }
        let seeds = (0..<300).map { UInt64($0) }
        let together = try Evaluation(in: request, seeds: seeds, act: push)
        #expect(together.seeds == seeds && together.returns.count == 300)
        for seed in [0, 127, 128, 299] {
            let alone = try Evaluation(in: request, seeds: [UInt64(seed)], act: push)
            #expect(alone.returns == [together.returns[seed]] && alone.lengths == [together.lengths[seed]])
        }
        #expect(together.returns == together.lengths.map(Double.init))
    }

    @Test func `a policy is evaluated alike as a policy and as an expert`() throws {
        let request = try EnvironmentRequest.world("Taxi-v4")
        let policy = try request.learner().policy
        let seeds = (0..<200).map { UInt64($0) }
        var random = RandomGenerator(seed: 1)
        let evaluation = try Evaluation(of: policy, in: request, seeds: seeds, random: &random)
        #expect(try Evaluation(of: policy as any Expert, in: request, seeds: seeds) == evaluation)
    }

    @Test func `summarises its episodes`() throws {
        let request = try EnvironmentRequest.world("CartPole-v1")
        var random = RandomGenerator(seed: 5)
        let evaluation = try Evaluation(
            ofRandomIn: request, form: try request.learner().network.action, seeds: Array(0..<1_000), random: &random)
        // Gymnasium's random policy: 22 on average.
        #expect(abs(evaluation.mean - 22) < 2)
        #expect(evaluation.minimum == evaluation.returns.min() && evaluation.maximum == evaluation.returns.max())
        #expect(abs(evaluation.standardDeviation - 12) < 3)
        #expect(evaluation.meanLength == evaluation.mean)
    }

    @Test func `an episode that would never end is cut`() throws {
        let request = try EnvironmentRequest.world("CliffWalking-v1")
        #expect(request.horizon == 1_000)
        let evaluation = try Evaluation(in: request, seeds: [1]) { _, rows, _ throws(LearningError) in
            .int64(Array(repeating: 0, count: rows))
        }
        #expect(evaluation.lengths == [1_000] && evaluation.returns == [-1_000])
    }

    @Test func `no episodes are no evaluation`() throws {
        #expect(throws: LearningError.self) {
            try Evaluation(in: try .world("CartPole-v1"), seeds: []) { _, _, _ throws(LearningError) in .int64([]) }
        }
    }
}
