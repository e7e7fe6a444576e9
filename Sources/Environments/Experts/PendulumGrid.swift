import Glibc
import Gym

/// The torque that costs least in the long run, by dynamic programming on a grid.
enum PendulumGrid {
    static let spec = ExpertSpec(
        id: "pendulum-grid",
        summary: """
            Of eleven torques the one that costs least in the long run, by dynamic programming on a grid of 128 angles \
            and 129 velocities, interpolated; where there are torques to choose from, the nearest that is available.
            """,
        environments: (Pendulum.specs + DiscretizedPendulum.specs).map(\.id)
    ) { vector, keywords throws(EnvironmentError) in
        let gravity = try keywords.double("g")
        let planner = gravity == standardGravity ? standard : planner(gravity: gravity)
        let rule = Rule<Float, Float>(width: 3) { state in
            torques[planner.best(Double(atan2(state[1], state[0])), Double(state[2]))]
        }
        guard let choice = vector.actionFeatures else { return rule }
        return NearestTorque(rule, torques: choice)
    }

    private static let torques: [Float] = (0...10).map { Float($0 - 5) * Pendulum.maxTorque / 5 }
    private static let standardGravity = 10.0
    /// For the usual gravity, computed once.
    private static let standard = planner(gravity: standardGravity)

    private static func planner(gravity: Double) -> GridPlanner {
        GridPlanner(
            x: .init(-Double.pi...Double.pi, count: 128, isPeriodic: true),
            y: .init(-Pendulum.maxSpeed...Pendulum.maxSpeed, count: 129),
            actions: torques.count, discount: 0.99, tolerance: 0.01
        ) { angle, velocity, action in
            var (angle, velocity) = (angle, velocity)
            let cost = Pendulum.swing(
                &angle, &velocity, sine: sin(angle), torque: torques[action], gravity: gravity)
            return .init(reward: -cost, next: (angle, velocity))
        }
    }
}
