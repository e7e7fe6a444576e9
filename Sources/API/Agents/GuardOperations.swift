import Gym
import HTTP
import Hosting
import JSON
import Store

/// What an agent may do: its guard, and whether it acts at all.
enum GuardOperations {
    static func getGuard(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        guard let limits = agent.limits else { throw Problem(.noGuard(agent.id.description)) }
        return .json(limits.value)
    }

    static func putGuard(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        guard let json = try call.json() else {
            throw Problem(.invalidJSON, "this needs a body: a JSON object", at: "")
        }
        // What it may say is checked with the rest; that it is an object here.
        _ = try Fields(json, known: Guard.fields)
        do { try call.hall.agents.put(guard: Value(json), of: agent, by: call.caller) } catch { throw Problem(error) }
        return .json(agent.limits?.value ?? .null)
    }

    static func deleteGuard(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        do { try call.hall.agents.put(guard: nil, of: agent, by: call.caller) } catch { throw Problem(error) }
        return .json([:])
    }

    static func killAgent(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let reason = try call.fields(["reason"])?.string("reason", lengths: 1...1_000)
        do { try call.hall.agents.kill(agent, by: call.caller, reason: reason) } catch { throw Problem(error) }
        return .json([
            "agent_id": .string(agent.id.description), "killed": agent.killed?.described(call.hall.clock) ?? .null,
        ])
    }

    static func reviveAgent(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        do { try call.hall.agents.revive(agent, by: call.caller) } catch { throw Problem(error) }
        return .json(["agent_id": .string(agent.id.description), "killed": .null])
    }
}

extension Killed {
    /// As it goes over the wire.
    func described(_ clock: WallClock) -> Value {
        ["at": .string(clock.timestamp(at)), "by": .string(by), "reason": reason.map { .string($0) } ?? .null]
    }
}
