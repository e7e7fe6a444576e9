import Environments
import Gym
import Learning

/// Something to learn from an expert, in some way, and what is asked of it.
struct ImitationTask {
    /// What is learned from, and how: a row, or what it is compared with.
    struct Recipe {
        /// Episodes that the expert shows.
        var shown = 0
        /// Hyperparameters, an object, over the defaults.
        var changes: Value = [:]
        var phases: [(method: Phase.Method, budget: TrainingRequest.Budget)]

        static func cloning(_ episodes: Int) -> Recipe {
            Recipe(shown: episodes, phases: [(.crossEntropy, .init(updates: 10_000))])
        }

        static func labelled(_ episodes: Int) -> Recipe { Recipe(phases: [(.dagger, .init(episodes: episodes))]) }

        /// What `train` does when it is told only demonstrations and steps.
        static func reinforced(_ episodes: Int, _ steps: Int) -> Recipe {
            Recipe(shown: episodes, phases: [(.margin, .init(updates: 10_000)), (.q, .init(steps: steps))])
        }

        static func alone(_ method: Phase.Method, _ steps: Int, shown: Int = 0) -> Recipe {
            Recipe(shown: shown, phases: [(method, .init(steps: steps))])
        }
    }

    /// What a policy is judged by.
    enum Measure {
        /// The mean return of 1,000 episodes.
        case episodeReturn
        /// The same, where acting at random is 0 and the best scripted expert 1.
        case scaled
        /// The share of 1,000 episodes that end before the time limit.
        case success
    }

    let name: String
    let world: String
    /// The world's keyword arguments, an object, and how they are written in the table.
    var kwargs: Value?
    var variant = ""
    let recipe: Recipe
    /// What its figures are to be seen beside.
    let naive: (name: String, recipe: Recipe)?
    let measure: Measure
    /// With how many seeds the naive way is tried, at most: some take very long.
    var naiveSeeds = Int.max
    /// What each seed's policy is asked to reach, and their average.
    var each: Double?
    var average: Double?
    /// Whether each is asked to end better than its teacher, and all on average no worse than the naive way.
    var beatsTeacher = false
    /// Who shows and labels, and the share of steps in which something random is done instead.
    var expert = Catalogue.scripted
    var exploration = 0.0
    /// Whether it is about masks: then acts that are not allowed are counted.
    var isMasked: Bool { kwargs?["masked"] != nil }
    /// Steps between the evaluations that training chooses its policy by, and their episodes; nil for the defaults.
    var evaluation: (interval: Int, episodes: Int)?

    static let all = cloning + aggregation + reinforcement + adversarial + policies

    private static let cloning = [
        task("cloning", "CartPole-v1", .cloning(50), each: 0.95),
        task("cloning", "Acrobot-v1", .cloning(50), each: 0.95),
        task("cloning", "Pendulum-v1", .cloning(50), each: 0.95),
        task("cloning", "MountainCar-v0", .cloning(50), average: 0.95),
        task("cloning", "Taxi-v4", .cloning(500), measure: .success, each: 0.95),
    ]

    private static let aggregation =
        ["CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCar-v0"].map {
            task("DAgger", $0, .labelled(100), naive: ("cloning as many", .cloning(100)), each: 0.97)
        } + [
            task(
                "DAgger", "Taxi-v4", .labelled(500), naive: ("cloning as many", .cloning(500)), measure: .success,
                each: 0.98)
        ]

    private static let reinforcement: [ImitationTask] = {
        func task(
            _ world: String, _ episodes: Int, _ steps: Int, each: Double? = nil, average: Double? = nil,
            expert: String = Catalogue.scripted, exploration: Double = 0, isBad: Bool = false
        ) -> ImitationTask {
            ImitationTask(
                name: isBad ? "bad demonstrations" : "demonstrations", world: world,
                recipe: .reinforced(episodes, steps), naive: ("q alone", .alone(.q, steps)), measure: .episodeReturn,
                each: each, average: average, beatsTeacher: isBad, expert: expert, exploration: exploration)
        }
        return [
            task("MountainCar-v0", 20, 30_000, each: -102),
            task("MountainCar-v0", 20, 30_000, each: -110, expert: "mountain-car-rule"),
            task("MountainCarContinuous-v0", 5, 50_000, average: 92),
            task("CartPole-v1", 10, 30_000, exploration: 0.3, isBad: true),
            task("MountainCar-v0", 10, 30_000, exploration: 0.3, isBad: true),
        ]
    }()

    private static let adversarial = ["CartPole-v1", "Pendulum-v1"].flatMap { world in
        [(Phase.Method.sqil, "SQIL", 0.95), (.gail, "GAIL", 0.95), (.airl, "AIRL", nil)].map { method, name, each in
            task(name, world, .alone(method, 50_000, shown: 20), naive: ("cloning", .cloning(20)), each: each)
        }
    }

    private static let policies = [
        ("CartPole-v1", 100_000, 495.0, nil), ("Pendulum-v1", 100_000, nil, -200.0), ("Acrobot-v1", 200_000, -90, nil),
    ].map { world, steps, each, average in
        task(
            "PPO", world, .alone(.ppo, steps), naive: ("REINFORCE", .alone(.policyGradient, steps)),
            measure: .episodeReturn, each: each, average: average)
    }

    private static func task(
        _ name: String, _ world: String, _ recipe: Recipe, naive: (String, Recipe)? = nil, measure: Measure = .scaled,
        each: Double? = nil, average: Double? = nil
    ) -> ImitationTask {
        ImitationTask(
            name: name, world: world, recipe: recipe, naive: naive, measure: measure, each: each, average: average)
    }
}

extension ImitationTask {
    var environment: EnvironmentRequest {
        get throws { EnvironmentRequest(try Catalogue.worlds.spec(world), kwargs: kwargs) }
    }

    /// What `expert`, or the best that the environment has, shows to a seed.
    func demonstrations(_ count: Int, seed: UInt64) throws -> [Trajectory] {
        guard count > 0 else { return [] }
        let seeds = (0..<UInt64(count)).map { 1_000_000 * seed + $0 }
        return try Demonstration.play(environment, seeds, exploration: exploration, by: environment.player(expert))
    }

    func request(_ recipe: Recipe, shown: [Trajectory], seed: UInt64) throws -> TrainingRequest {
        let labeller = try environment.player(expert)
        return TrainingRequest(
            environment: try environment,
            phases: recipe.phases.map { Phase($0.method, budget: $0.budget, expert: labeller) }, demonstrations: shown,
            evaluationInterval: evaluation?.interval, evaluationEpisodes: evaluation?.episodes ?? 100, seed: seed)
    }
}

extension EnvironmentRequest {
    /// An expert for this very environment: by default the best that is scripted.
    func player(_ id: String = Catalogue.scripted) throws -> any Expert {
        try Catalogue.worlds.expert(id, for: spec).make(for: spec, kwargs: kwargs)
    }
}
