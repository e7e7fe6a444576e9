import Gym
import Learning

/// Rows of large action spaces.
extension ImitationTask {
    static let actions = torques + products

    private static let flat = Recipe(changes: ["embedding_size": 0], phases: [(.q, .init(steps: 15_000))])

    private static let torques = [
        ImitationTask(
            name: "q", world: "DiscretizedPendulum-v0", kwargs: ["n": 10_000], variant: ", 10,000",
            recipe: .alone(.q, 15_000), naive: ("a flat head, 2 seeds", flat), measure: .episodeReturn,
            naiveSeeds: 2, each: -210, average: -175),
        ImitationTask(
            name: "q", world: "DiscretizedPendulum-v0", kwargs: ["n": 1_000_000], variant: ", 1,000,000",
            recipe: .alone(.q, 15_000), naive: nil, measure: .episodeReturn, each: -210, average: -175,
            evaluation: (interval: 5_000, episodes: 20)),
        ImitationTask(
            name: "q", world: "DiscretizedPendulum-v0", kwargs: ["n": 10_000, "masked": 0.9], variant: ", 90 % masked",
            recipe: .alone(.q, 15_000), naive: nil, measure: .episodeReturn, average: -170),
    ]

    /// A larger network, more updates, and from the beginning in its own footsteps.
    private static let larger: Value = ["hidden_sizes": [256, 256], "gradient_steps": 4, "expert_mixing": 0]
    private static let largerDagger = Recipe(changes: larger, phases: [(.dagger, .init(episodes: 100))])
    private static let largerCloning = Recipe(
        shown: 100, changes: ["hidden_sizes": [256, 256]], phases: [(.crossEntropy, .init(updates: 10_000))])

    private static let products = [
        ImitationTask(
            name: "q", world: "Reach-v0", recipe: .alone(.q, 15_000), naive: nil, measure: .episodeReturn,
            average: -15),
        ImitationTask(
            name: "DAgger", world: "HybridMoving-v0", variant: ", larger", recipe: largerDagger,
            naive: ("cloning as many", largerCloning), measure: .scaled, average: 0.9),
        ImitationTask(
            name: "DAgger", world: "HybridMoving-v0", recipe: .labelled(100), naive: ("q alone", .alone(.q, 30_000)),
            measure: .scaled),
    ]
}
