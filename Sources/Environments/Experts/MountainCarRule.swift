import Gym

/// Swings: pushes along the velocity, turning a little before the car does where that saves a swing.
enum MountainCarRule {
    static let spec = ExpertSpec(
        id: "mountain-car-rule",
        summary: """
            Pushes right where the velocity exceeds 0.012 (position + 0.46), else left: pushing along the velocity, with \
            a slope that was found by trying.
            """,
        environments: MountainCar.specs.map(\.id)
    ) { _, _ in
        Rule<Float, Int64>(width: 2) { $0[1] > 0.012 * ($0[0] + 0.46) ? 2 : 0 }
    }
}
