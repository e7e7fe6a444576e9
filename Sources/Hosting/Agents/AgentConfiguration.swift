import Gym
import Learning
import Store

/// What an agent is: fixed when it is made, kept as JSON.
public struct AgentConfiguration: Sendable {
    public var name: String?
    /// The environment that it was made for; nil where it was made for two spaces.
    public var environment: String?
    public var kwargs: Value?
    public var observationSpace: Space
    public var actionSpace: Space
    /// Whether the environment says which actions are allowed.
    public var isMasked: Bool
    public var seed: UInt64
    public var hyperparameters: Hyperparameters
    /// The agent whose network it began with.
    public var initFrom: Identifier?

    public init(
        name: String?, environment: String?, kwargs: Value?, observationSpace: Space, actionSpace: Space,
        isMasked: Bool,
        seed: UInt64, hyperparameters: Hyperparameters, initFrom: Identifier?
    ) {
        self.name = name
        self.environment = environment
        self.kwargs = kwargs
        self.observationSpace = observationSpace
        self.actionSpace = actionSpace
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
            "hyperparameters": hyperparameters.value,
            "is_masked": .bool(isMasked), "init_from": initFrom.map { .string($0.description) } ?? .null,
        ]
    }

    /// Reads what ``value`` wrote.
    init(_ value: Value) throws(HostingError) {
        guard let observation = value["observation_space"], let action = value["action_space"] else {
            throw .corrupt("an agent's configuration has no spaces")
        }
        do { observationSpace = try Space(description: observation) } catch { throw .corrupt("\(error)") }
        do { actionSpace = try Space(description: action) } catch { throw .corrupt("\(error)") }
        name = value["name"]?.asString
        environment = value["env_id"]?.asString
        kwargs = value["kwargs"]
        isMasked = value["is_masked"]?.asBool ?? false
        seed = UInt64(value["seed"]?.asInt64 ?? 0)
        initFrom = value["init_from"]?.asString.flatMap { Identifier($0) }
        hyperparameters = Hyperparameters(observation: observationSpace, action: actionSpace)
        do { try hyperparameters.apply(value["hyperparameters"] ?? [:]) } catch { throw .learning(error) }
    }

    func makeLearner() throws(HostingError) -> Learner {
        do {
            return try Learner(
                observation: observationSpace, action: actionSpace, hyperparameters: hyperparameters,
                isMasked: isMasked,
                seed: seed)
        } catch {
            throw .learning(error)
        }
    }

    func makePolicy(_ checkpoint: Checkpoint) throws(LearningError) -> Policy {
        let network = try Network(observation: observationSpace, action: actionSpace, hyperparameters: hyperparameters)
        return try Policy(network, hyperparameters, from: checkpoint)
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
