import Gym
import HTTP
import Hosting
import JSON
import Learning

/// Whole episodes played with the served policy, and the same seeds played at random and by an expert.
enum EvaluateOperation {
    static func evaluate(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let fields = try call.fields(["num_episodes", "seed", "env_id", "kwargs", "expert"])
        let count = try fields?.int("num_episodes", in: 1...10_000) ?? 100
        let seed = try fields?.seed(count: count) ?? 0
        let environment = try fields?.string("env_id")
        let kwargs = try fields?.object("kwargs")
        let expert = try fields?.string("expert")
        let result: EvaluationResult
        do {
            result = try call.hall.evaluate(
                agent, environment: environment, kwargs: kwargs, seeds: (0..<UInt64(count)).map { seed + $0 },
                expert: expert)
        } catch {
            throw Problem(error)
        }
        return .json(result.value)
    }
}
