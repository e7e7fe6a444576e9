import Environments
import Gym
import Learning

/// What becomes of a recommender's policy when half of its catalogue is replaced.
struct CatalogueRun: Encodable {
    static let episodes = 300
    static let laterSteps = 5_000
    static let aloneSteps = 60_000

    let seed: UInt64
    /// Mean returns: with the catalogue that it learned with; of one that nobody labelled for; with the other one at once;
    /// after learning on with it; and of a policy that learned as many steps with that one alone.
    let before: Double
    let alone: Double
    let atOnce: Double
    let after: Double
    let anew: Double
    /// Of its thread, for the first training.
    let seconds: Double

    init(seed: UInt64) throws {
        let (first, second) = (try Self.environment(generation: 0), try Self.environment(generation: 1))
        let clock = ContinuousClock()
        let start = clock.now
        let training = try Self.train(
            first, first.learner(seed: seed), .dagger, .init(episodes: Self.episodes), seed: seed)
        seconds = (clock.now - start) / .seconds(1)
        self.seed = seed
        before = try Judge(environment: first).evaluation(of: training.policy).mean
        let alone = try Self.train(first, first.learner(seed: seed), .q, .init(steps: Self.aloneSteps), seed: seed)
        self.alone = try Judge(environment: first).evaluation(of: alone.policy).mean
        guard let items = try second.make().actionFeatures else { preconditionFailure("items have features") }
        let judge = Judge(environment: second)
        atOnce = try judge.evaluation(of: training.policy.with(items)).mean
        var learner = training.learner
        learner.replace(features: items)
        let later = TrainingRequest.Budget(steps: Self.laterSteps)
        let further = try Self.train(second, learner, .dagger, later, seed: seed + 100)
        after = try judge.evaluation(of: further.policy).mean
        let other = try Self.train(second, second.learner(seed: seed), .dagger, later, seed: seed)
        anew = try judge.evaluation(of: other.policy).mean
    }

    static func environment(generation: Int64) throws -> EnvironmentRequest {
        EnvironmentRequest(
            try Catalogue.worlds.spec("Recommender-v0"), kwargs: ["generation": .int(generation)])
    }

    private static func train(
        _ environment: EnvironmentRequest, _ learner: Learner, _ method: Phase.Method,
        _ budget: TrainingRequest.Budget, seed: UInt64
    ) throws -> Training {
        let request = TrainingRequest(
            environment: environment, phases: [Phase(method, budget: budget, expert: try environment.player())],
            evaluationInterval: (budget.steps ?? laterSteps) / 5, evaluationEpisodes: 50, seed: seed)
        let training = try Training(request, learner, now: { 0 })
        _ = try training.finish()
        return training
    }
}

/// The runs of all seeds, between acting at random and the oracle.
struct CatalogueTable {
    private static let asked = (before: 0.9, after: 0.85)
    private(set) var table: FigureTable
    private(set) var isMissed: Bool

    init(_ runs: [CatalogueRun]) throws {
        let environment = try CatalogueRun.environment(generation: 0)
        let random = try Judge(environment: environment).randomValue(sampled: true)
        let oracle = try Evaluation(of: environment.player(), in: environment, seeds: Judge.seeds).mean
        func scaled(_ value: (CatalogueRun) -> Double) -> [Double] {
            runs.map { (value($0) - random) / (oracle - random) }
        }
        let (before, after) = (scaled(\.before), scaled(\.after))
        let hits = zip(before, after).count {
            Judge.reaches($0, Self.asked.before) && Judge.reaches($1, Self.asked.after)
        }
        isMissed = hits < runs.count
        table = FigureTable(
            "catalogue", title: "A catalogue that changes",
            note: """
                Recommender-v0, 100,000 items. DAgger labels \(CatalogueRun.episodes) episodes; beside it q alone with \
                \(Double(CatalogueRun.aloneSteps).text(digits: 0)) steps. Then half of the items are replaced: at once, after \
                \(Double(CatalogueRun.laterSteps).text(digits: 0)) steps of DAgger more, and beside it one that takes as many with \
                the new catalogue alone. Scaled: 0 is acting at random, 1 the oracle, which knows the rules and searches all items.
                """,
            columns: [
                .init(title: "random", digits: 1), .init(title: "oracle", digits: 1),
                .init(title: "scaled", digits: 3), .init(title: "worst", digits: 3), .init(title: "q alone", digits: 3),
                .init(title: "replaced: at once", digits: 3), .init(title: "after more", digits: 3),
                .init(title: "worst", digits: 3), .init(title: "anew", digits: 3), .init(title: "asked"),
                .init(title: "reached by"), .init(title: "s/run", digits: 1),
            ])
        table.add([
            .number(random), .number(oracle), .number(before.mean), .number(before.min() ?? 0),
            .number(scaled(\.alone).mean), .number(scaled(\.atOnce).mean), .number(after.mean),
            .number(after.min() ?? 0),
            .number(scaled(\.anew).mean), .text("≥ \(Self.asked.before), then ≥ \(Self.asked.after), each"),
            .text("\(hits)/\(runs.count)"), .number(runs.map(\.seconds).mean),
        ])
    }
}
