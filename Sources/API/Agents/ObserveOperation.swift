import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// Experience from an environment that lives in the client.
enum ObserveOperation {
    private static let known = [
        "observation", "action", "reward", "next_observation", "terminated", "truncated", "episode_id", "step",
        "action_mask", "next_action_mask",
    ]

    static func observe(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let transitions: Transitions
        let learns: Bool
        if try call.hasTensors() {
            transitions = try readTensors(call, agent)
            learns = try call.queryBool("learn") ?? true
        } else {
            try call.refuseQuery()
            let fields = try call.requiredFields(["transitions", "learn"])
            transitions = try readJSON(try fields.required("transitions"), agent)
            learns = try fields.bool("learn") ?? true
        }
        let counts: Observations.Counts
        do { counts = try call.hall.observations.observe(transitions, agent, learns: learns) } catch {
            throw Problem(error)
        }
        return .json([
            "observed": .int(Int64(counts.observed)), "repeated": .int(Int64(counts.repeated)),
            "episodes": .int(Int64(counts.returns.count)), "returns": .array(counts.returns.map { .double($0) }),
            "steps": .int(Int64(counts.steps)),
            "pending_updates": .int(Int64(counts.pendingUpdates)),
        ])
    }

    private static func readJSON(_ json: JSONValue, _ agent: Agent) throws(Problem) -> Transitions {
        guard json.kind == .array, json.count > 0 else {
            throw .invalid("expected an array of transitions", at: "/transitions")
        }
        let (observation, action) = (agent.observationLayout, agent.actionLayout)
        let space = agent.observationSpace
        var transitions = Transitions(
            observations: Lanes(observation.element, count: 0), actions: Lanes(action.element, count: 0), rewards: [],
            nextObservations: Lanes(observation.element, count: 0), terminated: [], truncated: [], episodeIDs: [])
        var all: [Fields] = []
        for (index, element) in json.arrayElements.enumerated() {
            let fields = try Fields(element, at: JSONPointer().appending("transitions").appending(index), known: known)
            try fields.read("observation", of: space, observation, into: &transitions.observations)
            try fields.read("action", of: agent.actionSpace, action, into: &transitions.actions)
            try fields.read("next_observation", of: space, observation, into: &transitions.nextObservations)
            _ = try fields.required("reward")
            _ = try fields.required("terminated")
            transitions.rewards.append(try fields.double("reward", "a finite number", where: \.isFinite) ?? 0)
            transitions.terminated.append(try fields.bool("terminated") ?? false)
            transitions.truncated.append(try fields.bool("truncated") ?? false)
            transitions.episodeIDs.append(try fields.string("episode_id", lengths: 0...200) ?? "")
            let step = try fields.int("step", in: 0...Int(Int32.max))
            guard step == nil || fields.has("episode_id") else {
                throw .invalid("a step counts within an episode: \"episode_id\" is missing", at: "\(fields.at("step"))")
            }
            transitions.steps.append(step)
            all.append(fields)
        }
        let form = agent.served.policy.network.action
        transitions.masks = try ActionMask.read("action_mask", of: all, form)
        transitions.nextMasks = try ActionMask.read("next_action_mask", of: all, form)
        return transitions
    }

    private static func readTensors(_ call: Call, _ agent: Agent) throws(Problem) -> Transitions {
        let file = try call.tensors()
        func column(_ name: String) throws(Problem) -> Tensor {
            guard let tensor = file[name] else {
                throw Problem(.missingParameter, "the tensor \"\(name)\" is missing", at: "/\(name)")
            }
            return tensor
        }
        let rewards = try column("reward")
        let count = rewards.count
        guard count > 0, rewards.shape == [count], (0..<count).allSatisfy({ rewards.double($0).isFinite }) else {
            throw .invalid("expected finite numbers in one dimension", at: "/reward")
        }
        let terminated = try column("terminated")
        let truncated = try column("truncated")
        guard terminated.shape == [count] else { throw .invalid("expected shape [\(count)]", at: "/terminated") }
        guard truncated.shape == [count] else { throw .invalid("expected shape [\(count)]", at: "/truncated") }
        let layout = agent.observationLayout
        let observations = try file.lanes("observation", layout, count: count)
        let next = try file.lanes("next_observation", layout, count: count)
        let actions = try file.lanes("action", agent.actionLayout, count: count)
        let form = agent.served.policy.network.action
        return Transitions(
            observations: observations, actions: actions, rewards: (0..<count).map { rewards.double($0) },
            nextObservations: next, terminated: (0..<count).map { terminated.double($0) != 0 },
            truncated: (0..<count).map { truncated.double($0) != 0 },
            episodeIDs: Array(repeating: "", count: count),
            masks: try ActionMask.read("action_mask", in: file, form, rows: count),
            nextMasks: try ActionMask.read("next_action_mask", in: file, form, rows: count))
    }
}

extension Fields {
    /// Reads a required element of `space`.
    fileprivate func read(
        _ name: String, of space: Space, _ layout: Layout, into lanes: inout Lanes
    ) throws(Problem) {
        try lanes.append(try required(name), of: space, layout, at: at(name))
    }
}
