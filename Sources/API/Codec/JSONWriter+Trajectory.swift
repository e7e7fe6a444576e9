import Gym
import JSON
import Store

extension JSONWriter {
    /// Episodes, each an object in a line of its own.
    mutating func lines(of trajectories: [Trajectory], _ observation: Space, _ action: Space) {
        for trajectory in trajectories {
            beginObject()
            members(of: trajectory, observation, action)
            endObject()
            endLine()
        }
    }

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
        guard !trajectory.infos.isEmpty || !trajectory.masks.isEmpty else { return }
        key("infos")
        beginArray()
        for row in 0...trajectory.length { value(trajectory.infoWithMask(row)) }
        endArray()
    }
}

extension Trajectory {
    /// The infos, with what was allowed where they do not say it themselves.
    var infosWithMasks: [Value] { masks.isEmpty ? infos : (0...length).map(infoWithMask) }

    /// The info of observation `row`, with what was allowed where it does not say it itself.
    func infoWithMask(_ row: Int) -> Value {
        let info = infos.isEmpty ? .object([]) : infos[row]
        guard !masks.isEmpty, case .object(var members) = info, info["action_mask"] == nil else { return info }
        let width = masks.count / (length + 1)
        let mask = masks[row * width..<(row + 1) * width]
        members.append(.init("action_mask", .integers(mask.map { $0 ? 1 : 0 })))
        return .object(members)
    }
}
