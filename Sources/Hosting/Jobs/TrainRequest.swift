import Gym
import Learning

/// What a training job was asked for, every default resolved; kept as JSON.
public struct TrainRequest: Sendable {
    /// The word for an expert that answers through `labels`.
    public static let client = "client"

    public struct Phase: Sendable {
        public var method: Learning.Phase.Method
        /// Who labels: a scripted expert, an agent's id, or ``TrainRequest/client``.
        public var expert: String?
        /// Which version of the agent labels.
        public var expertVersion: Int?
        public var budget: TrainingRequest.Budget?
        /// For this phase alone, over the agent's own; an object.
        public var hyperparameters: Value?

        public init(
            _ method: Learning.Phase.Method, expert: String? = nil, expertVersion: Int? = nil,
            budget: TrainingRequest.Budget? = nil, hyperparameters: Value? = nil
        ) {
            self.method = method
            self.expert = expert
            self.expertVersion = expertVersion
            self.budget = budget
            self.hyperparameters = hyperparameters
        }
    }

    /// nil where every phase learns from demonstrations alone.
    public var environment: String?
    public var kwargs: Value?
    public var numEnvs: Int?
    public var budget: TrainingRequest.Budget
    public var targetReturn: Double?
    public var evaluationInterval: Int?
    public var evaluationEpisodes: Int
    public var demonstrations: [Identifier]
    public var phases: [Phase]

    public init(
        environment: String?, kwargs: Value?, numEnvs: Int?, budget: TrainingRequest.Budget, targetReturn: Double?,
        evaluationInterval: Int?, evaluationEpisodes: Int, demonstrations: [Identifier], phases: [Phase]
    ) {
        self.environment = environment
        self.kwargs = kwargs
        self.numEnvs = numEnvs
        self.budget = budget
        self.targetReturn = targetReturn
        self.evaluationInterval = evaluationInterval
        self.evaluationEpisodes = evaluationEpisodes
        self.demonstrations = demonstrations
        self.phases = phases
    }

    /// What the demonstrations and experts that are named call for.
    public static func phases(shown: Bool, expert: String?, acts: Bool) -> [Phase] {
        var phases: [Phase] = shown ? [Phase(acts ? .margin : .crossEntropy)] : []
        if let expert { phases = (shown ? [Phase(.crossEntropy)] : []) + [Phase(.dagger, expert: expert)] }
        if acts && expert == nil { phases.append(Phase(.q)) }
        return phases
    }

    /// As it goes over the wire and into the catalogue.
    public var value: Value {
        var members: [Value.Member] = []
        members.add("env_id", environment.map { .string($0) })
        members.add("kwargs", environment.map { _ in kwargs ?? [:] })
        members.add("num_envs", numEnvs.map { .int(Int64($0)) })
        members.add(budget)
        members.add("target_return", targetReturn.map { .double($0) })
        var evaluate: [Value.Member] = []
        evaluate.add("every_steps", evaluationInterval.map { .int(Int64($0)) })
        evaluate.add("num_episodes", .int(Int64(evaluationEpisodes)))
        members.append(.init("evaluate", .object(evaluate)))
        members.append(.init("demonstrations", .array(demonstrations.map { .string($0.description) })))
        members.append(.init("phases", .array(phases.map(\.value))))
        return .object(members)
    }

    /// Reads what ``value`` wrote.
    init(_ value: Value) throws(HostingError) {
        var phases: [Phase] = []
        for phase in value["phases"]?.arrayElements ?? [] { phases.append(try Phase(phase)) }
        guard !phases.isEmpty else { throw .corrupt("a job's request has no phases") }
        self.init(
            environment: value["env_id"]?.asString, kwargs: value["kwargs"],
            numEnvs: value["num_envs"]?.asInt64.map { Int($0) }, budget: TrainingRequest.Budget(value),
            targetReturn: value["target_return"]?.asDouble,
            evaluationInterval: value["evaluate"]?["every_steps"]?.asInt64.map { Int($0) },
            evaluationEpisodes: Int(value["evaluate"]?["num_episodes"]?.asInt64 ?? 100),
            demonstrations: (value["demonstrations"]?.arrayElements ?? []).compactMap {
                $0.asString.flatMap { Identifier($0) }
            }, phases: phases)
    }
}

extension TrainRequest.Phase {
    var value: Value {
        var members: [Value.Member] = [
            .init("phase", .string(method.kind.rawValue)), .init("method", .string(method.rawValue)),
        ]
        members.add("expert", expert.map { .string($0) })
        members.add("expert_version", expertVersion.map { .int(Int64($0)) })
        members.add(budget ?? TrainingRequest.Budget())
        members.add("hyperparameters", hyperparameters ?? [:])
        return .object(members)
    }

    /// Reads what ``value`` wrote.
    init(_ value: Value) throws(HostingError) {
        guard let method = value["method"]?.asString.flatMap(Learning.Phase.Method.init(rawValue:)) else {
            throw .corrupt("a phase of a job's request has no method")
        }
        let budget = TrainingRequest.Budget(value)
        self.init(
            method, expert: value["expert"]?.asString, expertVersion: value["expert_version"]?.asInt64.map { Int($0) },
            budget: budget == TrainingRequest.Budget() ? nil : budget, hyperparameters: value["hyperparameters"])
    }
}

extension TrainingRequest.Budget {
    /// Reads what a request wrote.
    fileprivate init(_ value: Value) {
        self.init(
            steps: value["steps"]?.asInt64.map { Int($0) }, episodes: value["episodes"]?.asInt64.map { Int($0) },
            updates: value["updates"]?.asInt64.map { Int($0) }, seconds: value["seconds"]?.asDouble)
    }
}

extension [Value.Member] {
    /// Adds a member, where there is a value.
    fileprivate mutating func add(_ name: String, _ value: Value?) {
        if let value { append(Value.Member(name, value)) }
    }

    fileprivate mutating func add(_ budget: TrainingRequest.Budget) {
        add("steps", budget.steps.map { .int(Int64($0)) })
        add("episodes", budget.episodes.map { .int(Int64($0)) })
        add("updates", budget.updates.map { .int(Int64($0)) })
        add("seconds", budget.seconds.map { .double($0) })
    }
}
