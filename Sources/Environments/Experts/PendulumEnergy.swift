import Glibc
import Gym

/// Swings the pendulum up by its energy and catches it with a proportional-derivative controller.
enum PendulumEnergy {
    static let spec = ExpertSpec(
        id: "pendulum-energy",
        summary: """
            Full torque along the velocity while there is less energy than at rest upright, against it while there is \
            more; near the top a proportional-derivative controller (Åström and Furuta, 2000).
            """,
        environments: Pendulum.specs.map(\.id)
    ) { _, keywords throws(EnvironmentError) in
        let gravity = try keywords.double("g")
        return Rule<Float, Float>(width: 3) { state in
            let (cosine, sine, velocity) = (state[0], state[1], state[2])
            if cosine > 0.9 {
                return min(max(-12 * atan2(sine, cosine) - 3 * velocity, -2), 2)
            }
            // Of a rod of mass and length 1, above that of standing still upright.
            let energy = velocity * velocity / 6 + Float(gravity) / 2 * (cosine - 1)
            return (energy < 0) == (velocity >= 0) ? 2 : -2
        }
    }
}
