import Gym

/// An expert that decides upon one observation at a time, whatever is beside it.
struct Rule<Observation: Scalar, Action: Scalar>: Expert {
    /// Lanes of an observation.
    let width: Int
    /// Appends the lanes of an action.
    private let decide: @Sendable (Span<Observation>, inout [Action]) -> Void

    /// - Parameter decide: gives an action of one lane.
    init(width: Int, _ decide: @escaping @Sendable (Span<Observation>) -> Action) {
        self.init(width: width, appending: { observation, actions in actions.append(decide(observation)) })
    }

    /// - Parameter decide: appends the lanes of an action.
    init(width: Int, appending decide: @escaping @Sendable (Span<Observation>, inout [Action]) -> Void) {
        self.width = width
        self.decide = decide
    }

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        let lanes = Observation.array(of: observations)
        let all = lanes.span
        var actions: [Action] = []
        for row in 0..<rows { decide(all.extracting(row * width..<(row + 1) * width), &actions) }
        return Action.lanes(actions)
    }
}
