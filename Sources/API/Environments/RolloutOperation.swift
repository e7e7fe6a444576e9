import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// Many steps in one request: by a list of actions, by an agent, or at random.
enum RolloutOperation {
    private typealias Act = @Sendable (inout World, Int) throws(HostingError) -> Lanes

    private static let known = [
        "steps", "num_episodes", "actions", "agent_id", "policy", "deterministic", "seed", "transitions",
    ]

    static func rollout(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        let fields = try call.requiredFields(known)
        let (act, actions) = try actor(fields, session, call)
        let records = try fields.bool("transitions") ?? true
        let plan = Rollout.Plan(
            budget: try budget(fields, session, actions: actions, records: records),
            seed: try fields.seed(count: session.count), records: records)
        try call.pay(steps: 0)
        let rollout: Rollout
        do { rollout = try Rollout.run(plan, on: session, act: act) } catch { throw Problem(error) }
        call.caller.owe(steps: rollout.transitions)
        return call.wantsTensors
            ? .tensors(tensors(rollout, session, records: records))
            : .json { write(rollout, session, records: records, to: &$0) }
    }

    /// Exactly one of `actions`, `agent_id` and `policy` says who acts.
    private static func actor(_ fields: Fields, _ session: Session, _ call: Call) throws(Problem) -> (Act, count: Int?)
    {
        let named = ["actions", "agent_id", "policy"].filter { fields[$0] != nil }
        guard named.count == 1 else {
            throw .invalid(
                "exactly one of \"actions\", \"agent_id\" and \"policy\": \"random\" says who acts", at: "")
        }
        guard fields["deterministic"] == nil || named[0] == "agent_id" else {
            throw .invalid("this goes with \"agent_id\"", at: "/deterministic")
        }
        switch named[0] {
        case "actions":
            let actions = try actions(fields, session)
            return (list(actions), actions.count)
        case "policy":
            guard fields["policy"]?.string == "random" else {
                throw .invalid("expected \"random\"; an agent acts where \"agent_id\" names it", at: "/policy")
            }
            return (random(session), nil)
        default: return (try agent(fields, session, call), nil)
        }
    }

    private static func actions(_ fields: Fields, _ session: Session) throws(Problem) -> [Lanes] {
        let json = try fields.required("actions")
        guard json.kind == .array, json.count > 0 else {
            throw .invalid("expected an array of actions", at: "/actions")
        }
        let codec = SessionCodec(session: session)
        var actions: [Lanes] = []
        for element in json.arrayElements {
            actions.append(try codec.action(element, at: JSONPointer().appending("actions").appending(actions.count)))
        }
        return actions
    }

    private static func list(_ actions: [Lanes]) -> Act {
        { _, step throws(HostingError) in
            guard step < actions.count else {
                throw .invalid(
                    field: "actions", reason: "there are \(actions.count) actions, too few for the episodes asked for")
            }
            return actions[step]
        }
    }

    private static func random(_ session: Session) -> Act {
        let (layout, count) = (session.actionLayout, session.count)
        return { world, _ in world.sampler.lanes(layout, count: count) }
    }

    private static func agent(_ fields: Fields, _ session: Session, _ call: Call) throws(Problem) -> Act {
        guard let text = fields["agent_id"]?.string,
            let agent = Identifier(text).flatMap({ call.hall.agents.find($0, of: call.tenant) })
        else { throw Problem(.notFound, "there is no such agent", at: "/agent_id") }
        guard agent.observationSpace == session.observationSpace,
            agent.actionSpace == session.actionSpace
        else { throw .invalid("agent \(agent.id) has other spaces than \(session.spec.id)", at: "/agent_id") }
        let deterministic = try fields.bool("deterministic") ?? true
        let policy = agent.served.policy
        return { world, _ throws(HostingError) in
            var random = agent.spawnRandom()
            do throws(LearningError) {
                return try policy.act(
                    world.vector.observations, rows: world.vector.count, masks: world.vector.actionMasks,
                    deterministic: deterministic, random: &random)
            } catch {
                throw .learning(error)
            }
        }
    }

    private static func budget(
        _ fields: Fields, _ session: Session, actions: Int?, records: Bool
    ) throws(Problem) -> Rollout.Plan.Budget {
        let limit = (records ? Rollout.maximumRecorded : Rollout.maximumTransitions) / session.count
        let steps = try fields.int("steps", in: 1...max(1, limit))
        let episodes = try fields.int("num_episodes", in: 1...100_000)
        switch (steps, episodes, actions) {
        case (_?, _?, _):
            throw .invalid("only one of \"steps\" and \"num_episodes\" says how long", at: "/num_episodes")
        case (nil, let episodes?, _): return .episodes(episodes)
        case (let steps?, nil, let actions?):
            guard steps <= actions else { throw .invalid("there are only \(actions) actions", at: "/steps") }
            return .steps(steps)
        case (let steps?, nil, nil): return .steps(steps)
        case (nil, nil, let actions?):
            guard actions <= limit else {
                throw .invalid(
                    "at most \(limit) actions in one rollout of \(session.count) environments", at: "/actions")
            }
            return .steps(actions)
        case (nil, nil, nil):
            throw Problem(.missingParameter, "one of \"steps\" and \"num_episodes\" says how long", at: "/steps")
        }
    }

    private static func write(_ rollout: Rollout, _ session: Session, records: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("returns")
        writer.array(of: rollout.returns.span)
        writer.key("lengths")
        let lengths = rollout.lengths.map { Int64($0) }
        writer.array(of: lengths.span)
        if records {
            writer.key("episodes")
            writer.beginArray()
            for trace in rollout.traces { write(trace, session, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(
        _ trace: TrajectoryRecorder.Part, _ session: Session, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("env_index")
        writer.value(trace.index)
        writer.members(of: trace.trajectory, session.observationSpace, session.actionSpace)
        writer.endObject()
    }

    /// The episodes one after the other.
    private static func tensors(_ rollout: Rollout, _ session: Session, records: Bool) -> Safetensors {
        var file = Safetensors([
            .init("returns", Tensor(rollout.returns)), .init("lengths", Tensor(rollout.lengths.map { Int64($0) })),
        ])
        guard records else { return file }
        var observations = Lanes(session.observationLayout.element, count: 0)
        var actions = Lanes(session.actionLayout.element, count: 0)
        let trajectories = rollout.traces.map(\.trajectory)
        for trace in trajectories {
            observations.append(contentsOf: trace.observations)
            actions.append(contentsOf: trace.actions)
        }
        file.append("episode_lengths", Tensor(trajectories.map { Int64($0.length) }))
        for entry in TensorCodec.tensors("observations", session.observationLayout, observations)
            + TensorCodec.tensors("actions", session.actionLayout, actions)
        {
            file.append(entry.name, entry.tensor)
        }
        file.append("rewards", Tensor(trajectories.flatMap(\.rewards)))
        file.append("terminations", Tensor(trajectories.flatMap(\.terminations)))
        file.append("truncations", Tensor(trajectories.flatMap(\.truncations)))
        return file
    }
}
