import Gym

/// Does with one of many torques what an expert of the pendulum does: of those that are available the nearest.
struct NearestTorque: Expert {
    private let pendulum: any Expert
    /// The action of each torque, the torques in order.
    private let actions: [Int64]

    /// - Parameter torques: of each action; they are evenly spaced over all that there is.
    init(_ pendulum: any Expert, torques: ActionFeatures) {
        self.pendulum = pendulum
        var actions = [Int64](repeating: 0, count: torques.count)
        for (action, torque) in torques.values.enumerated() {
            actions[Int(Self.rank(of: torque, among: torques.count).rounded())] = Int64(action)
        }
        self.actions = actions
    }

    /// Its place between the others, 0 for the least.
    private static func rank(of torque: Float, among count: Int) -> Double {
        let most = Double(Pendulum.maxTorque)
        return (Double(torque) + most) / (2 * most) * Double(count - 1)
    }

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        let torques = Float.array(of: pendulum.act(observations, rows: rows, masks: []))
        return .int64((0..<rows).map { nearest(torques[$0], masks.dropFirst($0 * actions.count)) })
    }

    private func nearest(_ torque: Float, _ mask: ArraySlice<Bool>) -> Int64 {
        func isAvailable(_ rank: Int) -> Bool { mask.isEmpty || mask[mask.startIndex + Int(actions[rank])] }
        let rank = Self.rank(of: torque, among: actions.count)
        let middle = min(max(Int(rank), 0), actions.count - 1)
        let below = (0...middle).last(where: isAvailable)
        let above = (middle + 1..<actions.count).first(where: isAvailable)
        guard let below, let above else { return actions[below ?? above ?? middle] }
        return actions[rank - Double(below) <= Double(above) - rank ? below : above]
    }
}
