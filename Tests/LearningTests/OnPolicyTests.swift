import Foundation
import Gym
import Learning
import Testing

/// A policy that learns from its own steps alone. Networks here are tables: a row of weights for each state, so that an
/// update shows what each state contributed.
@Suite struct OnPolicyTests {
    /// A learner whose network is a table, and plain gradient descent by whole gradients.
    private func learner(
        _ environment: EnvironmentRequest, _ changes: Value, values: [Float], scores: [Float]
    ) throws -> Learner {
        let plain: Value = [
            "hidden_sizes": [], "optimizer": "sgd", "momentum": 0, "learning_rate": 1, "learning_rate_decay": 1,
            "gradient_clip": 1_000_000, "reward_scaling": false,
        ]
        var learner = try environment.learner(plain.adding(changes))
        var tensors = learner.checkpoint.tensors
        let width = 1 + scores.count / values.count
        var parameters = [Float](repeating: 0, count: width * (values.count + 1))
        for state in values.indices {
            parameters[state * width] = values[state]
            for member in 1..<width { parameters[state * width + member] = scores[state * (width - 1) + member - 1] }
        }
        tensors["parameters"] = Tensor(parameters)
        tensors["target"] = Tensor(parameters)
        try learner.restore(from: Checkpoint(tensors))
        return learner
    }

    private func parameters(_ training: Training) throws -> [Float] {
        try #require(training.checkpoint["learner.parameters"]?.floats)
    }

    struct Estimate: Sendable, CustomTestStringConvertible {
        let method: Phase.Method
        let lambda: Double
        let discount: Double
        var testDescription: String { "\(method.rawValue) λ \(lambda) γ \(discount)" }
    }

    /// ∑ (γ λ)ᵏ δ(t + k), summed until the episode or the rollout ends (Schulman 2016, equation 16); V counts beyond an
    /// episode that was cut short and beyond the rollout, not beyond one that came to its end.
    private func advantage(
        _ states: [Int], from step: Int, values: [Float], lambda: Double, discount: Double
    ) -> Double {
        var (sum, factor) = (0.0, 1.0)
        for state in states[step...] {
            let ending = Track.ending(state)
            let following = ending == .terminated ? 0 : Double(values[state + 1])
            sum += factor * (Track.reward(state) + discount * following - Double(values[state]))
            if ending != nil { break }
            factor *= discount * lambda
        }
        return sum
    }

    @Test(arguments: [
        Estimate(method: .ppo, lambda: 0.95, discount: 0.9), Estimate(method: .ppo, lambda: 0, discount: 0.9),
        Estimate(method: .ppo, lambda: 1, discount: 1), Estimate(method: .ppo, lambda: 0.5, discount: 0.3),
        Estimate(method: .policyGradient, lambda: 1, discount: 0.9),
    ])
    func `advantages and returns are those of generalized advantage estimation`(_ estimate: Estimate) throws {
        let (environments, steps) = (4, 30)
        let rows = environments * steps
        let values = sequence(Track.states, 7)
        // λ of REINFORCE is 1, whatever is asked for.
        let lambda = estimate.method == .ppo ? estimate.lambda : 0.2
        let learner = try learner(
            Track.request,
            [
                "discount": .double(estimate.discount),
                "policy_gradient": [
                    "rollout_steps": .int(Int64(steps)), "epochs": 1, "batch_size": .int(Int64(rows)), "clip": 1_000,
                    "gae_lambda": .double(lambda), "value_weight": 1,
                ],
            ], values: values, scores: [Float](repeating: 0, count: 2 * Track.states))
        let training = try Training(
            TrainingRequest(
                environment: Track.request, numEnvs: environments,
                phases: [Phase(estimate.method, budget: .init(steps: rows))], evaluationEpisodes: 1, seed: 4),
            learner, now: { 0 })
        let before = try parameters(training)
        while try !training.next().isEmpty {}
        #expect(training.updates == 1)
        let checkpoint = training.checkpoint
        let states = try #require(checkpoint["rollout.categories"]?.int64s).map { Int($0) }
        let choices = try #require(checkpoint["rollout.choices"]?.int64s).map { Int($0) }
        var endings: Set<Track.Ending?> = []
        var advantages = [Double](repeating: 0, count: rows)
        for environment in 0..<environments {
            let own = (0..<steps).map { states[$0 * environments + environment] }
            endings.formUnion(own.map(Track.ending))
            for step in 0..<steps {
                advantages[step * environments + environment] = advantage(
                    own, from: step, values: values, lambda: estimate.lambda, discount: estimate.discount)
            }
        }
        #expect(endings.count == 3, "some came to their end, some were cut short")
        var expected = before.map(Double.init)
        let mean = advantages.reduce(0, +) / Double(rows)
        let deviation = (advantages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)).squareRoot()
        for row in 0..<rows {
            // V goes to its return; the score of what was done, by how much better it was than the others.
            let standard = estimate.method == .ppo ? (advantages[row] - mean) / deviation : advantages[row]
            for (output, change) in [
                (0, advantages[row]), (1, standard * (choices[row] == 0 ? 0.5 : -0.5)),
                (2, standard * (choices[row] == 1 ? 0.5 : -0.5)),
            ] {
                expected[states[row] * 3 + output] += change / Double(rows)
                expected[Track.states * 3 + output] += change / Double(rows)
            }
        }
        let after = try parameters(training)
        #expect(zip(after, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }

    /// The policy of the docs: θ = (1, 0), where θ is by how much the score of going is above that of waiting.
    private static let theta = [1.0, 0.0]

    /// V and Q of a policy that goes with `going` in each of a table's two states, by dynamic programming.
    private func evaluate(
        _ table: TransitionTable, _ going: [Double], discount: Double
    ) -> (values: [Double], actions: [[Double]]) {
        var values = [0.0, 0.0]
        func actions() -> [[Double]] {
            (0..<2).map { state in
                (0..<2).map { action in
                    table.outcomes[state][action].reduce(0) { sum, outcome in
                        sum + outcome.probability
                            * (outcome.reward + (outcome.terminated ? 0 : discount * values[outcome.next]))
                    }
                }
            }
        }
        for _ in 0..<1_000 {
            let now = actions()
            values = (0..<2).map { (1 - going[$0]) * now[$0][0] + going[$0] * now[$0][1] }
        }
        return (values, actions())
    }

    private func sigmoid(_ theta: [Double]) -> [Double] { theta.map { 1 / (1 + exp(-$0)) } }

    @Test(arguments: [0, 0.9, 1])
    func `the mean update of REINFORCE is the policy gradient`(_ discount: Double) throws {
        let environment = try EnvironmentRequest.world("Crossing-v0")
        let table = try #require(try environment.make().transitionTable)
        let going = sigmoid(Self.theta)
        let (values, actions) = evaluate(table, going, discount: discount)

        // The gradient of J by differences, against the closed form of the docs.
        func objective(_ theta: [Double]) -> Double {
            evaluate(table, sigmoid(theta), discount: discount).values.reduce(0, +) / 2
        }
        let scale = 2 - discount * (2 - going[1])
        let slopes = going.map { $0 * (1 - $0) }
        let urgency = (scale + discount * (going[0] - going[1])) / (scale * scale)
        let closed = [slopes[0] / scale, -slopes[1] * urgency]
        for state in 0..<2 {
            var (above, below) = (Self.theta, Self.theta)
            above[state] += 1e-5
            below[state] -= 1e-5
            #expect(abs((objective(above) - objective(below)) / 2e-5 - closed[state]) < 1e-6)
        }
        // The policy gradient theorem, summed over the table; in each step the light is green or red, one half each.
        let exact = (0..<2).map { slopes[$0] * (actions[$0][1] - actions[$0][0]) / 2 }
        for state in 0..<2 { #expect(abs(exact[state] - closed[state] * scale / 2) < 1e-9) }
        if discount == 0.9 { #expect(abs(exact[0] - 0.098) < 5e-4 && abs(exact[1] + 0.165) < 5e-4) }

        // V is right, so that nothing is lost where the rollout ends; it stays, as its error has no weight.
        let changes: Value = [
            "discount": .double(discount), "policy_gradient": ["rollout_steps": 20, "value_weight": 0],
        ]
        let learner = try learner(
            environment, changes, values: values.map(Float.init), scores: [0, Float(Self.theta[0]), 0, 0])
        let samples = 400
        var (sums, squares) = ([Double](repeating: 0, count: 9), [Double](repeating: 0, count: 9))
        for sample in 0..<samples {
            var own = learner
            var tensors = own.checkpoint.tensors
            tensors["random"] = try environment.learner(seed: UInt64(sample)).checkpoint["random"]
            try own.restore(from: Checkpoint(tensors))
            let training = try Training(
                TrainingRequest(
                    environment: environment, numEnvs: 8, phases: [Phase(.policyGradient, budget: .init(steps: 160))],
                    evaluationEpisodes: 1, seed: UInt64(sample)), own, now: { 0 })
            let before = try parameters(training)
            while try !training.next().isEmpty {}
            #expect(training.updates == 1)
            for (index, (old, new)) in zip(before, try parameters(training)).enumerated() {
                sums[index] += Double(new - old)
                squares[index] += Double(new - old) * Double(new - old)
            }
        }
        // Rows of weights for green and red, then the biases; each V, wait, go.
        let expected: [Double] = exact.flatMap { [0, -$0, $0] } + [0, -exact[0] - exact[1], exact[0] + exact[1]]
        for index in 0..<9 {
            let mean = sums[index] / Double(samples)
            let variance = squares[index] / Double(samples) - mean * mean
            let error = (max(variance, 0) / Double(samples)).squareRoot()
            #expect(abs(mean - expected[index]) <= 4 * error + 1e-7, "\(index): \(mean) ± \(error), \(expected[index])")
            #expect(error < 0.01)
        }
    }

    /// How likely a policy goes on green and on red.
    private func going(_ policy: Policy) throws -> [Float] {
        var random = RandomGenerator(seed: 0)
        let probabilities = try policy.decide(.int64([0, 1]), rows: 2, random: &random).probabilities
        return [probabilities[1], probabilities[3]]
    }

    @Test(arguments: [Phase.Method.ppo, .policyGradient])
    func `what was rewarded becomes likelier, what was punished less so`(_ method: Phase.Method) throws {
        let environment = try EnvironmentRequest.world("Crossing-v0")
        let training = try Training(
            TrainingRequest(
                environment: environment, numEnvs: 8, phases: [Phase(method, budget: .init(steps: 800))],
                evaluationEpisodes: 1),
            try environment.learner(["policy_gradient": ["rollout_steps": 100], "learning_rate": 0.01]), now: { 0 })
        #expect(training.policy.reading == .values)
        while try !training.next().isEmpty {}
        #expect(training.policy.reading == .policy)
        let after = try going(training.learner.policy)
        #expect(after[0] > 0.5 && after[1] < 0.5, "\(after)")
    }

    @Test(arguments: [Phase.Method.ppo, .policyGradient])
    func `learns to go on green and wait on red`(_ method: Phase.Method) throws {
        let environment = try EnvironmentRequest.world("Crossing-v0")
        let training = try Training(
            TrainingRequest(
                environment: environment, numEnvs: 4,
                phases: [Phase(method, budget: .init(steps: method == .ppo ? 6_000 : 10_000))], evaluationEpisodes: 5),
            try environment.learner([
                "policy_gradient": ["rollout_steps": 32], "learning_rate": 0.01, "hidden_sizes": [16],
            ]), now: { 0 })
        while try !training.next().isEmpty {}
        #expect(try ExactValue.of(training.learner.policy, in: environment) == 50)
        let after = try going(training.learner.policy)
        #expect(after[0] > 0.75 && after[1] < 0.1, "\(after)")
    }

    @Test func `a policy never does what is not allowed, and comes to not want it`() throws {
        let training = try Training(
            TrainingRequest(
                environment: Doors.request, numEnvs: 8, phases: [Phase(.ppo, budget: .init(steps: 12_000))],
                evaluationEpisodes: 20),
            try Doors.request.learner(["policy_gradient": ["rollout_steps": 64]]), now: { 0 })
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            for case .episode(let episode) in events { #expect(episode.episodeReturn >= 0) }
        }
        var random = RandomGenerator(seed: 0)
        let rooms = Lanes.int64((0..<Int64(Doors.rooms)).map(\.self))
        let unmasked = try training.learner.policy.act(rooms, rows: Doors.rooms, random: &random)
        for room in 0..<Doors.rooms { #expect(unmasked.integer(room) == Int64(Doors.best(in: room))) }
    }

    @Test func `several components are learned, each by its share`() throws {
        let request = Echo.request(lanes: 6, count: 5)
        let training = try Training(
            TrainingRequest(
                environment: request, numEnvs: 16, phases: [Phase(.ppo, budget: .init(steps: 16_000))],
                evaluationInterval: 16_000, evaluationEpisodes: 200),
            try request.learner(["policy_gradient": ["rollout_steps": 32, "epochs": 6], "hidden_sizes": [32]]),
            now: { 0 })
        while try !training.next().isEmpty {}
        // The nearest of five values is 1/16 away on average, any of them 0.37.
        #expect(try #require(training.evaluation).mean > -0.25)
    }
}
