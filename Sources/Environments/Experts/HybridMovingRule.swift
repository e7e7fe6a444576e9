import Glibc
import Gym

/// Heads for the target as fast as it can still stop there.
enum HybridMovingRule {
    static let spec = ExpertSpec(
        id: "hybrid-moving-rule",
        summary: """
            Turns until it heads for the target, then keeps to the highest speed from which it can still stop there; \
            within the target it brakes.
            """,
        environments: HybridMoving.specs.map(\.id)
    ) { _, keywords throws(EnvironmentError) in
        let (maxTurn, maxAcceleration) = (try keywords.double("max_turn"), try keywords.double("max_acceleration"))
        let timeStep = try keywords.double("delta_t")
        return Rule<Float, Double>(
            width: 10,
            appending: { state, action in
                func lane(_ index: Int) -> Double { Double(state[index]) }
                let (speed, distance) = (lane(2), lane(7))
                let direction = atan2(lane(6) - lane(1), lane(5) - lane(0))
                let error = remainder(direction - atan2(lane(4), lane(3)), 2 * .pi)
                // Braking from speed v at once covers v + (v − brake) + …, so many time steps.
                let highest = brake * ((0.25 + 2 * distance / (brake * timeStep)).squareRoot() - 0.5)
                if distance <= HybridMoving.radius {
                    action += [2, 0, 0]
                } else if abs(error) > tolerance {
                    action += [1, 0, share(error, of: maxTurn)]
                } else if highest < speed {
                    action += [2, 0, 0]
                } else {
                    action += [0, share(highest - speed, of: maxAcceleration), 0]
                }
            })
    }

    private static let brake = HybridMoving.brake
    /// Radians.
    private static let tolerance = 0.03

    /// Within [-1, 1]; 0 for what is no number.
    private static func share(_ amount: Double, of most: Double) -> Double {
        let share = amount / most
        return share.isNaN ? 0 : min(max(share, -1), 1)
    }
}
