import Gym
import JSON

extension JSONWriter {
    /// The members of an episode, by Minari's names: what a rollout gives and a demonstration is.
    mutating func members(of trajectory: Trajectory, _ observation: Space, _ action: Space) {
        key("seed")
        if let seed = trajectory.seed { value(seed) } else { null() }
        key("observations")
        elements(of: observation, trajectory.observations, count: trajectory.length + 1, isBatch: true)
        key("actions")
        elements(of: action, trajectory.actions, count: trajectory.length, isBatch: true)
        key("rewards")
        array(of: trajectory.rewards.span)
        member("terminations", .array(trajectory.terminations.map { .bool($0) }))
        member("truncations", .array(trajectory.truncations.map { .bool($0) }))
        let infos = trajectory.infosWithMasks
        if !infos.isEmpty { member("infos", .array(infos)) }
    }
}

extension Trajectory {
    /// The infos, with what was allowed where they do not say it themselves.
    var infosWithMasks: [Value] {
        guard !masks.isEmpty else { return infos }
        let width = masks.count / (length + 1)
        return (0...length).map { row in
            var members: [Value.Member] = []
            if !infos.isEmpty, case .object(let own) = infos[row] { members = own }
            if !members.contains(where: { $0.key == "action_mask" }) {
                let mask = masks[row * width..<(row + 1) * width]
                members.append(.init("action_mask", .integers(mask.map { $0 ? 1 : 0 })))
            }
            return .object(members)
        }
    }
}
