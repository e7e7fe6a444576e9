import Gym
import HTTP
import Hosting

/// The index over an agent's actions: asked for, told of, given up.
enum ActionIndexOperations {
    static func getActionIndex(_ call: Call) throws(Problem) -> Reply {
        return try describe(call.agent())
    }

    static func putActionIndex(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let recall = try call.fields(["recall"])?.double("recall", "a share from 0.5 to 1") { (0.5...1).contains($0) }
        do { try call.hall.agents.index(agent, recall: recall ?? 0.95) } catch { throw Problem(error) }
        return try describe(agent)
    }

    static func deleteActionIndex(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        do { try call.hall.agents.index(agent, recall: nil) } catch { throw Problem(error) }
        return .json([:])
    }

    private static func describe(_ agent: Agent) throws(Problem) -> Reply {
        guard let status = agent.indexStatus else { throw Problem(.noActionIndex(agent.id.description)) }
        return .json(status.value)
    }
}
