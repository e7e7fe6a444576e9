import Gym

/// An expert that decides upon one observation at a time, whatever is beside it.
struct Rule<Observation: Scalar, Action: Scalar>: Expert {
    /// Lanes of an observation.
    let width: Int
    /// One lane of action.
    let decide: @Sendable (Span<Observation>) -> Action

    init(width: Int, _ decide: @escaping @Sendable (Span<Observation>) -> Action) {
        self.width = width
        self.decide = decide
    }

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        let lanes = Observation.array(of: observations)
        let all = lanes.span
        return Action.lanes((0..<rows).map { decide(all.extracting($0 * width..<($0 + 1) * width)) })
    }
}
