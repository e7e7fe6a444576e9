import Gym

/// Swings with two fifths of the force: the less, the cheaper, as long as it gets there in time.
enum MountainCarContinuousRule {
    static let spec = ExpertSpec(
        id: "mountain-car-continuous-rule",
        summary: "Pushes along the velocity with a force of 0.4, which gets there from everywhere at little cost.",
        environments: MountainCarContinuous.specs.map(\.id)
    ) { _, _ in
        Rule<Float, Float>(width: 2) { $0[1] >= 0 ? 0.4 : -0.4 }
    }
}
