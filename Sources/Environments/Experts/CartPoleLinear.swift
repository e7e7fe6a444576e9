import Gym

/// Pushes to the side that the pole falls to, or is about to fall to; what little the cart adds keeps it in the middle.
enum CartPoleLinear {
    static let spec = ExpertSpec(
        id: "cartpole-linear",
        summary: """
            Pushes right where angle + 0.3 angular velocity + 0.05 position + 0.1 velocity is positive: a linear rule, \
            its weights those of a stable regulator.
            """,
        environments: CartPole.specs.map(\.id)
    ) { _, _ in
        Rule<Float, Int64>(width: 4) { 0.05 * $0[0] + 0.1 * $0[1] + $0[2] + 0.3 * $0[3] > 0 ? 1 : 0 }
    }
}
