import Gym
import Learning
import Testing

@Suite struct EmbeddingTests {
    private static let count = 10_000
    private let world = Throwing(count: count)
    private let request = EnvironmentRequest(Throwing.spec(count))

    private func train(
        _ request: EnvironmentRequest, _ phase: Phase, steps: Int, _ changes: Value = [:]
    ) throws -> Policy {
        let training = try Training(
            TrainingRequest(
                environment: request, budget: .init(steps: steps), phases: [phase], evaluationInterval: 100_000,
                evaluationEpisodes: 5), try request.learner(changes), now: { 0 })
        while try !training.next().isEmpty {}
        return training.learner.policy
    }

    private func mean(_ policy: Policy, in request: EnvironmentRequest) throws -> Double {
        var random = RandomGenerator(seed: 5)
        return try Evaluation(of: policy, in: request, seeds: (0..<50).map { 10_000 + $0 }, random: &random).mean
    }

    /// Acting at random gives -10.3, the best throws -0.05.
    @Test(arguments: [(Phase.Method.q, 5_000, -1.5), (.ppo, 15_000, -3)])
    func `learns which of ten thousand actions fits`(_ method: Phase.Method, _ steps: Int, _ asked: Double) throws {
        let policy = try train(request, Phase(method), steps: steps, ["discount": 0.0])
        #expect(try mean(policy, in: request) > asked)
    }

    @Test func `imitates one who knows`() throws {
        let policy = try train(request, Phase(.dagger, expert: Thrower(world: world)), steps: 2_000)
        #expect(try mean(policy, in: request) > -1.5)
    }

    @Test func `learns a table where nothing is known of the actions`() throws {
        let unknown = EnvironmentRequest(Throwing.spec(5_000, showsFeatures: false))
        let expert = Thrower(world: Throwing(count: 5_000), choices: 40)
        let policy = try train(unknown, Phase(.dagger, expert: expert), steps: 3_000)
        // The expert's forty places are about a sixth apart.
        #expect(try mean(policy, in: unknown) > -3)
    }

    @Test(arguments: [Phase.Method.q, .ppo])
    func `takes the best of all that is allowed, and ranks exactly`(_ method: Phase.Method) throws {
        let policy = try train(request, Phase(method), steps: 2_000, ["discount": 0.0])
        var random = RandomGenerator(seed: 3)
        let (rows, count) = (20, Self.count)
        let observations = Lanes.float32((0..<2 * rows).map { _ in 2 * random.randomFloat() - 1 })
        for share in [1, 0.01] {
            var masks = share == 1 ? [] : (0..<rows * count).map { _ in random.random() < share }
            if share < 1 { for row in 0..<rows { masks[row * count + row] = true } }
            let decisions = try policy.decide(observations, rows: rows, masks: masks, random: &random)
            for row in 0..<rows {
                let values = Array(decisions.values[row * count..<(row + 1) * count])
                let allowed = (0..<count).filter { masks.isEmpty || masks[row * count + $0] }
                let order = allowed.sorted { (values[$0], $1) > (values[$1], $0) }
                #expect(Int(decisions.actions.integer(row)) == order[0])
                let ranking = policy.ranking(decisions, row: row, count: 10)
                #expect(ranking.map { Int($0.action.integer(0)) } == Array(order.prefix(10)))
                let probabilities = Array(decisions.probabilities[row * count..<(row + 1) * count])
                #expect(abs(probabilities.reduce(0, +) - 1) < 1e-3)
                for found in ranking {
                    let action = Int(found.action.integer(0))
                    #expect(abs(found.score - values[action]) < 1e-3 * max(1, abs(values[action])))
                    #expect(abs(found.probability - probabilities[action]) < 1e-3 * probabilities[action] + 1e-6)
                }
            }
            let sampled = try policy.act(
                observations, rows: rows, masks: masks, deterministic: false, random: &random)
            for row in 0..<rows where !masks.isEmpty {
                #expect(masks[row * count + Int(sampled.integer(row))])
            }
        }
    }

    @Test func `knows actions by what they are, whatever their numbers, and those that come and go`() throws {
        let policy = try train(request, Phase(.q), steps: 5_000, ["discount": 0.0])
        var random = RandomGenerator(seed: 3)
        let observations = Lanes.float32((0..<100).map { _ in 1.6 * random.randomFloat() - 0.8 })
        let before = try policy.act(observations, rows: 50, random: &random)

        var order = Array(0..<Self.count)
        random.shuffle(&order)
        let shuffled = ActionFeatures(
            width: 2, values: order.flatMap { world.places.values[2 * $0..<2 * $0 + 2] })
        let after = try policy.with(shuffled).act(observations, rows: 50, random: &random)
        for row in 0..<50 { #expect(order[Int(after.integer(row))] == Int(before.integer(row))) }

        var fewer = world.places
        for row in 0..<50 { fewer.withdraw(Int(before.integer(row))) }
        let changed = policy.with(fewer)
        let others = try changed.act(observations, rows: 50, random: &random)
        let stochastic = try changed.act(observations, rows: 50, deterministic: false, random: &random)
        for row in 0..<50 {
            #expect(!fewer.isWithdrawn(Int(others.integer(row))))
            #expect(!fewer.isWithdrawn(Int(stochastic.integer(row))))
        }
        let gone = Int(before.integer(0))
        #expect(throws: LearningError.self) {
            try changed.act(
                observations.rows(0..<1, width: 2), rows: 1, masks: (0..<Self.count).map { $0 == gone },
                random: &random)
        }
        // They come back under other numbers.
        for row in 0..<50 {
            let place = 2 * Int(before.integer(row))
            fewer.set(Self.count + row, to: Array(world.places.values[place..<place + 2]))
        }
        let back = try policy.with(fewer).act(observations, rows: 50, random: &random)
        for row in 0..<50 {
            let (old, new) = (2 * Int(before.integer(row)), 2 * Int(back.integer(row)))
            #expect(fewer.values[new..<new + 2] == world.places.values[old..<old + 2])
            #expect(new >= 2 * Self.count)
        }
    }

    @Test(arguments: [Phase.Method.q, .ppo])
    func `a resumed run ends as an unbroken one, bit for bit`(_ method: Phase.Method) throws {
        let asked = TrainingRequest(
            environment: request, budget: .init(steps: 3_000), phases: [Phase(method)], evaluationInterval: 1_000,
            evaluationEpisodes: 2, seed: 5)
        let unbroken = try Training(asked, try request.learner(seed: 1), now: { 0 })
        while try !unbroken.next().isEmpty {}
        var current = try Training(asked, try request.learner(seed: 1), now: { 0 })
        for share in [0.1, 0.55] {
            while current.progress < share { _ = try current.next() }
            let kept = Checkpoint(current.checkpoint.tensors)
            current = try Training(resuming: kept, asked, try request.learner(seed: 99), now: { 0 })
            #expect(current.checkpoint == kept)
        }
        while try !current.next().isEmpty {}
        for (name, tensor) in unbroken.checkpoint.tensors { #expect(current.checkpoint[name] == tensor, "\(name)") }
    }

    @Test(arguments: [Phase(.ppo), Phase(.policyGradient), Phase(.sqil)])
    func `very many actions take no more memory`(_ phase: Phase) throws {
        let many = EnvironmentRequest(Throwing.spec(200_000))
        let shown = try many.demonstrations(of: Thrower(world: Throwing(count: 200_000), choices: 40), seeds: 0..<2)
        let training = try Training(
            TrainingRequest(environment: many, budget: .init(steps: 2_000), phases: [phase], demonstrations: shown),
            try many.learner(), now: { 0 })
        #expect(try !training.next().isEmpty)
    }

    @Test func `refuses what it cannot do`() throws {
        let learner = try request.learner()
        for phase in [Phase(.gail), Phase(.airl), Phase(.q, hyperparameters: ["batch_size": 600])] {
            #expect(throws: LearningError.self) {
                try Training(TrainingRequest(environment: request, phases: [phase]), learner, now: { 0 })
            }
        }
        #expect(throws: LearningError.self) { try request.learner(["batch_size": 600]) }
        let space = Space.discrete(Discrete(7))
        #expect(throws: LearningError.self) {
            try Network(
                observation: world.observationSpace, action: space,
                hyperparameters: Hyperparameters(observation: world.observationSpace, action: space),
                features: world.places)
        }
    }
}

/// Throws at what is nearest, of the first so many places.
private struct Thrower: Expert {
    let world: Throwing
    var choices: Int?

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        .int64(
            (0..<rows).map { row in
                let (x, y) = (Float(observations.double(2 * row)), Float(observations.double(2 * row + 1)))
                func distance(_ place: Int) -> Float {
                    let (dx, dy) = (world.places.values[2 * place] - x, world.places.values[2 * place + 1] - y)
                    return dx * dx + dy * dy
                }
                let places = 0..<(choices ?? world.places.count)
                return Int64(places.min { distance($0) < distance($1) } ?? 0)
            })
    }
}
