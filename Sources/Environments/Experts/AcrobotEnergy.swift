import Gym

/// Pumps energy into the swing: what the motor does in a second is its torque times the second link's velocity.
enum AcrobotEnergy {
    static let spec = ExpertSpec(
        id: "acrobot-energy",
        summary: """
            Torque by the sign of the second link's velocity, which pumps energy in, less half the first link's, plus 2.5 \
            times the sine of the first link's angle, which choose the moment; the weights were found by trying.
            """,
        environments: Acrobot.specs.map(\.id)
    ) { _, _ in
        Rule<Float, Int64>(width: 6) { $0[5] - 0.5 * $0[4] + 2.5 * $0[1] > 0 ? 2 : 0 }
    }
}
