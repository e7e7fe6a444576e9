import Gym
import Neural

extension Policy {
    /// The policy as named tensors: `layers.0.weight` [inputs, outputs] and so on, of the last layer's outputs the first
    /// V and then the scores of each component, or the query of an embedded one; then the same of the tower that makes keys
    /// of features, `actions.0.weight`, or the table of keys, `actions.keys` [members, dimension]; what the observation is
    /// normalised by; and the counts behind it.
    public var checkpoint: Checkpoint {
        var checkpoint = Checkpoint()
        for tensor in network.tensors {
            checkpoint.put(tensor.name, Array(parameters[tensor.range]), shape: tensor.shape)
        }
        network.featureTransform?.save(to: &checkpoint)
        normalizer.save(to: &checkpoint)
        rewardScale.save(to: &checkpoint)
        network.saveGrain(to: &checkpoint)
        checkpoint.put("exploration", [exploration])
        checkpoint.put("reading", [reading.rawValue] as [UInt8])
        checkpoint.put("counts", [transitions, updates])
        return checkpoint
    }

    /// - Throws: ``LearningError/invalidCheckpoint(_:)`` where the tensors are not of this network.
    public convenience init(_ network: Network, _ hyperparameters: Hyperparameters, from checkpoint: Checkpoint)
        throws(LearningError)
    {
        var parameters: [Float] = []
        for tensor in network.tensors {
            guard checkpoint[tensor.name]?.shape == tensor.shape else {
                throw .invalidCheckpoint("expected a tensor \(tensor.name) of shape \(tensor.shape)")
            }
            parameters += try checkpoint.floats(tensor.name, count: tensor.range.count)
        }
        guard parameters.allSatisfy(\.isFinite) else {
            throw .invalidCheckpoint("a weight is not a finite number")
        }
        let counts = try checkpoint.integers("counts", count: 2, in: 0..<Int.max)
        var network = network
        network.featureTransform = try Normalizer.Transform(from: checkpoint, width: network.features?.width)
        try network.restoreGrain(from: checkpoint)
        self.init(
            network: network, hyperparameters: hyperparameters, parameters: parameters,
            normalizer: try Normalizer(from: checkpoint, width: network.observation.numbers),
            rewardScale: try RewardScale(from: checkpoint), reading: try Self.reading(in: checkpoint),
            exploration: try checkpoint.doubles("exploration", count: 1)[0], transitions: counts[0], updates: counts[1])
    }
}

extension Policy {
    static func reading(in checkpoint: Checkpoint) throws(LearningError) -> Reading {
        guard let reading = Reading(rawValue: try checkpoint.bytes("reading", count: 1)[0]) else {
            throw .invalidCheckpoint("reading is neither 0, values, nor 1, policy")
        }
        return reading
    }
}

extension Learner {
    /// Goes on from a policy: its weights and its view of observations and rewards. Experience stays, momentum does not.
    /// - Precondition: the policy has the same network.
    public mutating func adopt(_ policy: Policy) {
        precondition(policy.network == network, "a learner adopts a policy of its own network")
        parameters = policy.parameters
        network.featureTransform = policy.network.featureTransform
        network.grain = policy.network.grain
        adoptShape()
        target = Array(parameters[..<network.denseCount])
        normalizer = policy.normalizer
        rewardScale = policy.rewardScale
        reading = policy.reading
        optimizer = Optimizer(optimizer.rule, parameterCount: parameters.count)
    }
}

extension Network {
    func saveGrain(to checkpoint: inout Checkpoint) {
        guard action.coarsestGrain > 1 else { return }
        checkpoint.put("grain", [grain])
    }

    /// Where nothing is said of it, all bins are open.
    mutating func restoreGrain(from checkpoint: Checkpoint) throws(LearningError) {
        let said =
            checkpoint["grain"] == nil
            ? [1] : try checkpoint.integers("grain", count: 1, in: 1..<action.coarsestGrain + 1)
        guard action.coarsestGrain.isMultiple(of: said[0]) else { throw .invalidCheckpoint("grain halves to 1") }
        grain = said[0]
    }

    /// The flat buffer's parts.
    fileprivate var tensors: [Perceptron.Tensor] {
        guard let embedding else { return perceptron.tensors }
        switch embedding.source {
        case .features(let tower):
            return perceptron.tensors
                + tower.tensors.map {
                    let name = "actions." + $0.name.split(separator: ".").dropFirst().joined(separator: ".")
                    return Perceptron.Tensor(name: name, shape: $0.shape, range: $0.range)
                }
        case .table(let start):
            let shape = [embedding.count, embedding.dimension]
            return perceptron.tensors
                + [Perceptron.Tensor(name: "actions.keys", shape: shape, range: start..<embedding.end)]
        }
    }
}

/// How features are seen.
extension Normalizer.Transform {
    func save(to checkpoint: inout Checkpoint) {
        guard !shift.isEmpty else { return }
        checkpoint.put("features.mean", shift)
        checkpoint.put("features.inverse", scale)
    }

    /// - Parameter width: nil where there are no features.
    init?(from checkpoint: Checkpoint, width: Int?) throws(LearningError) {
        guard let width else { return nil }
        self.init(
            shift: try checkpoint.floats("features.mean", count: width),
            scale: try checkpoint.floats("features.inverse", count: width))
    }
}
