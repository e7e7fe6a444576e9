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
                let kind: Double =
                    if distance <= HybridMoving.radius {
                        2
                    } else if abs(error) > tolerance(at: distance) {
                        1
                    } else {
                        highest < speed ? 2 : 0
                    }
                // Both parameters are always said, the one that is not heeded too: whoever imitates it learns when to do
                // what apart from how much of it is right.
                action += [kind, max(share(highest - speed, of: maxAcceleration), 0), share(error, of: maxTurn)]
            })
    }

    private static let brake = HybridMoving.brake
    /// How far its heading may be off, in radians: as long as it leads well into the target. Whoever imitates the rule need
    /// not know angles any better; by the edge of the field it costs an episode in a thousand.
    private static func tolerance(at distance: Double) -> Double {
        max(0.15, 0.8 * asin(min(HybridMoving.radius / distance, 1)))
    }

    /// Within [-1, 1]; 0 for what is no number.
    private static func share(_ amount: Double, of most: Double) -> Double {
        let share = amount / most
        return share.isNaN ? 0 : min(max(share, -1), 1)
    }
}
