import Gym

extension Policy {
    /// Steps that are compared, at most.
    private static let comparedSteps = 5_000

    /// How near its best actions are to those that were shown, from 0 to 1: of numbers the distance counts, of choices
    /// whether they are the same. nil where nothing was shown.
    func likeness(to episodes: [Trajectory]) -> Double? {
        var (sum, compared) = (0.0, 0)
        let components = network.action.components
        for episode in episodes where episode.length > 0 && compared < Self.comparedSteps * components.count {
            let rows = episode.length
            let width = network.action.maskWidth
            let isMasked = episode.masks.count == (rows + 1) * width
            let actions = act(
                episode.observations.rows(0..<rows, width: network.observation.width), rows: rows,
                masks: isMasked ? Array(episode.masks[..<(rows * width)]) : [])
            for lane in 0..<rows * components.count {
                let component = components[lane % components.count]
                let distance = abs(
                    component.member(nearest: actions.double(lane))
                        - component.member(nearest: episode.actions.double(lane)))
                let most = component.isBins ? max(component.count - 1, 1) : 1
                sum += 1 - Double(min(distance, most)) / Double(most)
            }
            compared += rows * components.count
        }
        return compared > 0 ? sum / Double(compared) : nil
    }
}
