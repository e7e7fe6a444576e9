import Gym
import Learning

/// What a training job was asked for, every default resolved; kept as JSON.
public struct TrainRequest: Sendable {
    public var environment: String
    public var kwargs: Value?
    public var numEnvs: Int
    public var budget: TrainingRequest.Budget
    public var targetReturn: Double?
    public var evaluationInterval: Int?
    public var evaluationEpisodes: Int
    /// For this job alone, over the agent's own; an object.
    public var hyperparameters: Value?

    public init(
        environment: String, kwargs: Value?, numEnvs: Int, budget: TrainingRequest.Budget, targetReturn: Double?,
        evaluationInterval: Int?, evaluationEpisodes: Int, hyperparameters: Value?
    ) {
        self.environment = environment
        self.kwargs = kwargs
        self.numEnvs = numEnvs
        self.budget = budget
        self.targetReturn = targetReturn
        self.evaluationInterval = evaluationInterval
        self.evaluationEpisodes = evaluationEpisodes
        self.hyperparameters = hyperparameters
    }

    /// As it goes over the wire and into the catalogue.
    public var value: Value {
        var members: [Value.Member] = [
            .init("env_id", .string(environment)), .init("kwargs", kwargs ?? [:]),
            .init("num_envs", .int(Int64(numEnvs))),
        ]
        func add(_ name: String, _ value: Value?) { if let value { members.append(.init(name, value)) } }
        add("steps", budget.steps.map { .int(Int64($0)) })
        add("episodes", budget.episodes.map { .int(Int64($0)) })
        add("updates", budget.updates.map { .int(Int64($0)) })
        add("seconds", budget.seconds.map { .double($0) })
        add("target_return", targetReturn.map { .double($0) })
        var evaluate: [Value.Member] = []
        if let evaluationInterval { evaluate.append(.init("every_steps", .int(Int64(evaluationInterval)))) }
        evaluate.append(.init("num_episodes", .int(Int64(evaluationEpisodes))))
        members.append(.init("evaluate", .object(evaluate)))
        members.append(
            .init(
                "phases",
                [["phase": "reinforce", "method": "q", "hyperparameters": hyperparameters ?? [:]]]))
        return .object(members)
    }

    /// Reads what ``value`` wrote.
    init(_ value: Value) throws(HostingError) {
        guard let environment = value["env_id"]?.asString, let numEnvs = value["num_envs"]?.asInt64 else {
            throw .corrupt("a job's request has no environment")
        }
        self.init(
            environment: environment, kwargs: value["kwargs"], numEnvs: Int(numEnvs),
            budget: TrainingRequest.Budget(
                steps: value["steps"]?.asInt64.map { Int($0) }, episodes: value["episodes"]?.asInt64.map { Int($0) },
                updates: value["updates"]?.asInt64.map { Int($0) }, seconds: value["seconds"]?.asDouble),
            targetReturn: value["target_return"]?.asDouble,
            evaluationInterval: value["evaluate"]?["every_steps"]?.asInt64.map { Int($0) },
            evaluationEpisodes: Int(value["evaluate"]?["num_episodes"]?.asInt64 ?? 100),
            hyperparameters: value["phases"]?.arrayElements.first?["hyperparameters"])
    }
}
