import Gym

/// Turns the joints by what brings the tip to the target, were the arm's motion linear.
enum ReachLeastSquares {
    static let spec = ExpertSpec(
        id: "reach-least-squares",
        summary: """
            The smallest turns that bring the tip to the target by the arm's Jacobian (damped least squares; C. W. \
            Wampler, 1986), each as far as its joint goes and rounded to what there is.
            """,
        environments: Reach.specs.map(\.id)
    ) { _, keywords throws(EnvironmentError) in
        let (joints, bins) = (try keywords.int("joints"), try keywords.int("bins"))
        return Rule<Float, Int64>(
            width: 2 * joints + 4,
            appending: { state, actions in decide(state, joints: joints, bins: bins, &actions) })
    }

    private static let damping = 1e-3

    private static func decide(_ state: Span<Float>, joints: Int, bins: Int, _ actions: inout [Int64]) {
        func lane(_ index: Int) -> Double { Double(state[index]) }
        let (dx, dy) = (lane(2 * joints) - lane(2 * joints + 2), lane(2 * joints + 1) - lane(2 * joints + 3))
        // How the tip moves as a joint turns: across the way from the joint to the tip, which is the sum of its links.
        var columns = Array(repeating: (x: 0.0, y: 0.0), count: joints)
        var (reachX, reachY) = (0.0, 0.0)
        var (xx, xy, yy) = (damping, 0.0, damping)
        for joint in columns.indices.reversed() {
            reachX += lane(joint) / Double(joints)
            reachY += lane(joints + joint) / Double(joints)
            columns[joint] = (-reachY, reachX)
            xx += reachY * reachY
            xy -= reachX * reachY
            yy += reachX * reachX
        }
        let determinant = xx * yy - xy * xy
        let (pullX, pullY) = ((yy * dx - xy * dy) / determinant, (xx * dy - xy * dx) / determinant)
        let top = Double(bins - 1)
        for column in columns {
            let turn = column.x * pullX + column.y * pullY
            let bin = ((turn / Reach.maxTurn + 1) / 2 * top).rounded()
            actions.append(bin > 0 ? Int64(min(bin, top)) : 0)
        }
    }
}
