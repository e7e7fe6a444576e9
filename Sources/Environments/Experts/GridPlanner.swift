import Gym

/// Knows what is best in a world whose state is two numbers, by dynamic programming: value iteration on the nodes of a
/// grid, with what lies between them interpolated. It decides by looking one step ahead from the very state it is asked
/// about, so that it acts more smoothly than a table of cells would.
struct GridPlanner: Sendable {
    /// What an action leads to; `next` is nil where the episode ends.
    struct Outcome {
        let reward: Double
        let next: (x: Double, y: Double)?
    }

    typealias Dynamics = @Sendable (_ x: Double, _ y: Double, _ action: Int) -> Outcome

    private static let maxSweeps = 500

    private let x: GridAxis
    private let y: GridAxis
    private let actions: Int
    private let discount: Double
    private let dynamics: Dynamics
    /// Of the nodes, [x, y].
    private var values: [Double]

    /// - Parameter tolerance: the values are good where a sweep changes none by more.
    init(
        x: GridAxis, y: GridAxis, actions: Int, discount: Double, tolerance: Double, dynamics: @escaping Dynamics
    ) {
        self.x = x
        self.y = y
        self.actions = actions
        self.discount = discount
        self.dynamics = dynamics
        values = Array(repeating: 0, count: x.count * y.count)
        let steps = steps
        for sweep in 0..<Self.maxSweeps {
            if improve(by: steps, isForward: sweep.isMultiple(of: 2)) <= tolerance { break }
        }
    }

    /// The best action; of several that are alike the first.
    func best(_ x: Double, _ y: Double) -> Int {
        var best = (action: 0, value: -Double.infinity)
        for action in 0..<actions {
            let value = value(of: step(dynamics(x, y, action)))
            if value > best.value { best = (action, value) }
        }
        return best.action
    }

    /// An outcome whose next state is said by the four nodes around it: two along `y` from each of two along `x`.
    private struct Step {
        let reward: Double
        /// Where the nodes at the lower and upper x begin; negative at an episode's end.
        var lower: Int32 = -1
        var upper: Int32 = -1
        /// How far it is from the lower to the upper, 0 to 1.
        var alongX: Float = 0
        var alongY: Float = 0
    }

    private func step(_ outcome: Outcome) -> Step {
        guard let next = outcome.next else { return Step(reward: outcome.reward) }
        let (placeX, placeY) = (x.place(of: next.x), y.place(of: next.y))
        return Step(
            reward: outcome.reward, lower: Int32(placeX.lower * y.count + placeY.lower),
            upper: Int32(placeX.upper * y.count + placeY.lower), alongX: placeX.fraction, alongY: placeY.fraction)
    }

    /// The outcomes of all actions at all nodes, [x, y, action]: they are computed once, not in each sweep.
    private var steps: [Step] {
        (0..<x.count).flatMap { i in
            (0..<y.count).flatMap { j in (0..<actions).map { step(dynamics(x[i], y[j], $0)) } }
        }
    }

    private func value(of step: Step) -> Double {
        guard step.lower >= 0 else { return step.reward }
        func along(_ node: Int32) -> Double {
            values[Int(node)] + Double(step.alongY) * (values[Int(node) + 1] - values[Int(node)])
        }
        let (lower, upper) = (along(step.lower), along(step.upper))
        return step.reward + discount * (lower + Double(step.alongX) * (upper - lower))
    }

    /// One sweep over the nodes, each at once used by the next.
    /// - Returns: the largest change.
    private mutating func improve(by steps: [Step], isForward: Bool) -> Double {
        var change = 0.0
        for index in values.indices {
            let node = isForward ? index : values.count - 1 - index
            var best = -Double.infinity
            for action in 0..<actions { best = max(best, value(of: steps[node * actions + action])) }
            change = max(change, abs(best - values[node]))
            values[node] = best
        }
        return change
    }
}

/// One direction of a grid: evenly spaced nodes.
struct GridAxis: Sendable {
    let range: ClosedRange<Double>
    let count: Int
    /// Whether the range's end is its beginning, as with angles; it is a node once.
    let isPeriodic: Bool

    init(_ range: ClosedRange<Double>, count: Int, isPeriodic: Bool = false) {
        self.range = range
        self.count = count
        self.isPeriodic = isPeriodic
    }

    private var intervals: Int { isPeriodic ? count : count - 1 }

    subscript(node: Int) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(node) / Double(intervals)
    }

    /// The nodes around a coordinate, and how far it is from one to the other. What is out of range is at its rim.
    func place(of coordinate: Double) -> (lower: Int, upper: Int, fraction: Float) {
        var place = (coordinate - range.lowerBound) / (range.upperBound - range.lowerBound) * Double(intervals)
        if isPeriodic { place -= (place / Double(count)).rounded(.down) * Double(count) }
        // So that what is not a number has a place too.
        place = place > 0 ? min(place, Double(intervals)) : 0
        let lower = min(Int(place), intervals - 1)
        return (lower, (lower + 1) % count, Float(place - Double(lower)))
    }
}
