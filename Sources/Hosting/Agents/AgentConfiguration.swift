import Gym
import Learning
import Store

/// What an agent is, kept as JSON: fixed when it is made, but for its actions where these may come and go.
public struct AgentConfiguration: Sendable {
    public var name: String?
    /// The environment that it was made for; nil where it was made for two spaces.
    public var environment: String?
    public var kwargs: Value?
    public var observationSpace: Space
    public var actionSpace: Space
    /// What is known of its actions; nil where that is nothing. Kept in a file of its own.
    public var table: ActionTable?
    /// Whether masks say which actions are allowed.
    public var isMasked: Bool
    public var seed: UInt64
    public var hyperparameters: Hyperparameters
    /// The share of the ten best actions that an index over them is to find; nil where the best are found exactly.
    public var indexRecall: Double?
    /// The agent whose network it began with.
    public var initFrom: Identifier?

    public init(
        name: String?, environment: String?, kwargs: Value?, observationSpace: Space, actionSpace: Space,
        table: ActionTable?, isMasked: Bool, seed: UInt64, hyperparameters: Hyperparameters, initFrom: Identifier?
    ) {
        self.name = name
        self.environment = environment
        self.kwargs = kwargs
        self.observationSpace = observationSpace
        self.actionSpace = actionSpace
        self.table = table
        self.isMasked = isMasked
        self.seed = seed
        self.hyperparameters = hyperparameters
        self.initFrom = initFrom
    }

    /// As it goes over the wire and into the catalogue.
    public var value: Value {
        [
            "name": name.map { .string($0) } ?? .null, "env_id": environment.map { .string($0) } ?? .null,
            "kwargs": kwargs ?? [:], "observation_space": observationSpace.description,
            "action_space": actionSpace.description, "seed": .int(Int64(seed)), "network": ["type": "mlp"],
            "hyperparameters": hyperparameters.value, "action_features": table?.value ?? .null,
            "is_masked": .bool(isMasked), "init_from": initFrom.map { .string($0.description) } ?? .null,
            "action_index": indexRecall.map { ["recall": .double($0)] } ?? .null,
        ]
    }

    /// Reads what ``value`` wrote.
    /// - Parameter table: of its actions; an agent that was given more since has so many.
    init(_ value: Value, _ table: ActionTable?) throws(HostingError) {
        guard let observation = value["observation_space"], let action = value["action_space"] else {
            throw .corrupt("an agent's configuration has no spaces")
        }
        do { observationSpace = try Space(description: observation) } catch { throw .corrupt("\(error)") }
        do { actionSpace = try Space(description: action) } catch { throw .corrupt("\(error)") }
        self.table = table
        if let table { actionSpace = actionSpace.holding(table.features) }
        name = value["name"]?.asString
        environment = value["env_id"]?.asString
        kwargs = value["kwargs"]
        isMasked = value["is_masked"]?.asBool ?? false
        seed = UInt64(value["seed"]?.asInt64 ?? 0)
        indexRecall = value["action_index"]?["recall"]?.asDouble
        initFrom = value["init_from"]?.asString.flatMap { Identifier($0) }
        hyperparameters = Hyperparameters(observation: observationSpace, action: actionSpace)
        do { try hyperparameters.apply(value["hyperparameters"] ?? [:]) } catch { throw .learning(error) }
    }

    func makeLearner() throws(HostingError) -> Learner {
        do {
            return try Learner(
                observation: observationSpace, action: actionSpace, hyperparameters: hyperparameters,
                features: table?.features, isMasked: isMasked, seed: seed)
        } catch {
            throw .learning(error)
        }
    }

    func makeNetwork() throws(LearningError) -> Network {
        try Network(
            observation: observationSpace, action: actionSpace, hyperparameters: hyperparameters,
            features: table?.features)
    }

    func makePolicy(_ checkpoint: Checkpoint) throws(LearningError) -> Policy {
        try Policy(makeNetwork(), hyperparameters, from: checkpoint)
    }
}

extension Safetensors {
    init(_ checkpoint: Checkpoint, metadata: [String: String] = [:]) {
        let entries = checkpoint.tensors.sorted { $0.key < $1.key }.map { Entry($0.key, $0.value) }
        self.init(entries, metadata: metadata)
    }
}

extension Checkpoint {
    init(_ file: Safetensors) {
        self.init(Dictionary(file.entries.map { ($0.name, $0.tensor) }) { first, _ in first })
    }
}

extension Space {
    /// The space with as many actions as there are rows, where it is one that grows.
    func holding(_ features: ActionFeatures) -> Space {
        guard case .discrete(let space) = self, features.count > space.n else { return self }
        return .discrete(Discrete(features.count, start: space.start, dtype: space.dtype))
    }
}
