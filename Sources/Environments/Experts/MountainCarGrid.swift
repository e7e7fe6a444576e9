import Gym

/// The fewest steps to the goal, by dynamic programming on a grid.
enum MountainCarGrid {
    static let spec = ExpertSpec(
        id: "mountain-car-grid",
        summary: """
            The push from which the goal is the fewest steps away, by dynamic programming on a grid of 301 positions and \
            201 velocities, interpolated.
            """,
        environments: MountainCar.specs.map(\.id)
    ) { _, keywords throws(EnvironmentError) in
        let goalVelocity = try keywords.double("goal_velocity")
        let planner = goalVelocity == 0 ? standard : planner(goalVelocity: goalVelocity)
        return Rule<Float, Int64>(width: 2) { Int64(planner.best(Double($0[0]), Double($0[1]))) }
    }

    /// For the usual goal, computed once.
    private static let standard = planner(goalVelocity: 0)

    private static func planner(goalVelocity: Double) -> GridPlanner {
        GridPlanner(
            x: .init(Hill.positions, count: 301), y: .init(-Hill.maxSpeed...Hill.maxSpeed, count: 201),
            actions: 3, discount: 1, tolerance: 0.01
        ) { position, velocity, push in
            var (position, velocity) = (position, velocity)
            MountainCar.move(&position, &velocity, push: push)
            let isThere = MountainCar.isGoal(position, velocity, goalVelocity: goalVelocity)
            return .init(reward: -1, next: isThere ? nil : (position, velocity))
        }
    }
}
