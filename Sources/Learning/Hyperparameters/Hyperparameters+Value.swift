import Gym

/// Hyperparameters as JSON has them: an object with snake-case keys, `exploration` and `target_update` objects within.
extension Hyperparameters {
    /// All of them.
    public var value: Value {
        var members: [Value.Member] = []
        for field in HyperparameterField.all {
            let parts = field.name.split(separator: ".").map(String.init)
            guard parts.count == 2 else {
                members.append(Value.Member(field.name, field.read(self)))
                continue
            }
            let inner = Value.Member(parts[1], field.read(self))
            if case .object(let rest)? = members.last?.value, members.last?.key == parts[0] {
                members[members.count - 1].value = .object(rest + [inner])
            } else {
                members.append(Value.Member(parts[0], .object([inner])))
            }
        }
        return .object(members)
    }

    private static let gaussianBins = 101
    private static let names = HyperparameterField.all.map(\.name).joined(separator: ", ")

    /// Takes over what `value`, an object, names; the rest stays as it is.
    /// - Throws: ``LearningError/invalidHyperparameter(name:reason:)``.
    public mutating func apply(_ value: Value) throws(LearningError) {
        try apply(value, within: "")
        // A Gaussian costs the same however fine it is cut.
        if value["box_distribution"] == "gaussian" && value["bins"] == nil { bins = Self.gaussianBins }
        let isResized = value["bins"] != nil || value["box_distribution"] == "gaussian"
        if isResized && value["coarse_bins"] == nil { coarseBins = 0 }
        try check()
    }

    /// The same with what a phase asks for, which may shape neither the network nor the replay.
    func overridden(by value: Value?) throws(LearningError) -> Hyperparameters {
        guard let value else { return self }
        var changed = self
        try changed.apply(value)
        for (name, isSame) in [
            ("hidden_sizes", changed.hiddenSizes == hiddenSizes), ("activation", changed.activation == activation),
            // What it is sets the bins too.
            ("box_distribution", changed.boxDistribution == boxDistribution),
            ("embedding_size", changed.embeddingSize == embeddingSize),
            ("candidates", changed.candidates == candidates),
            ("layer_norm", changed.layerNorm == layerNorm), ("bins", changed.bins == bins),
            ("coarse_bins", changed.coarseBins == coarseBins),
            ("replay", changed.replay == replay), ("replay_capacity", changed.replayCapacity == replayCapacity),
        ] where !isSame {
            throw .invalidHyperparameter(
                name: name, reason: "a phase cannot change this: it is set when the agent is made")
        }
        return changed
    }

    private mutating func apply(_ value: Value, within prefix: String) throws(LearningError) {
        guard case .object(let members) = value else {
            throw .invalidHyperparameter(name: String(prefix.dropLast()), reason: "expected an object")
        }
        for member in members {
            guard !member.key.contains(".") else {
                throw .invalidHyperparameter(
                    name: String(prefix.dropLast()),
                    reason: "no such hyperparameter as \(member.key); there are \(Self.names)")
            }
            let name = prefix + member.key
            if let field = HyperparameterField.all.first(where: { $0.name == name }) {
                guard field.write(member.value, &self) else {
                    throw .invalidHyperparameter(name: name, reason: "expected \(field.domain.expectation)")
                }
            } else if HyperparameterField.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
                try apply(member.value, within: name + ".")
            } else {
                throw .invalidHyperparameter(name: name, reason: "no such hyperparameter; there are \(Self.names)")
            }
        }
    }

    /// How often a number has to be doubled to become another one; nil where it never does.
    private static func doublings(from first: Int, to last: Int) -> Int? {
        (0..<Int.bitWidth / 2).first { first << $0 == last }
    }

    /// What no single field's range can say.
    private func check() throws(LearningError) {
        guard coarseBins == 0 || boxDistribution == .categorical else {
            throw .invalidHyperparameter(name: "coarse_bins", reason: "a Gaussian has all bins from the beginning")
        }
        guard coarseBins == 0 || (coarseBins > 1 && Self.doublings(from: coarseBins - 1, to: bins - 1) != nil) else {
            throw .invalidHyperparameter(
                name: "coarse_bins",
                reason:
                    "between two bins a finer one opens again and again: 5 become 9, 17, 33, 65; \(coarseBins) never "
                    + "become \(bins)")
        }
        guard batchSize <= replayCapacity else {
            throw .invalidHyperparameter(name: "batch_size", reason: "it is more than replay_capacity")
        }
        let widest = hiddenSizes.max() ?? 1
        guard batchSize * widest <= 1 << 22 else {
            throw .invalidHyperparameter(
                name: "batch_size", reason: "with hidden layers of \(widest) at most \((1 << 22) / widest) is supported"
            )
        }
        guard policyGradient.batchSize * widest <= 1 << 22 else {
            throw .invalidHyperparameter(
                name: "policy_gradient.batch_size",
                reason: "with hidden layers of \(widest) at most \((1 << 22) / widest) is supported")
        }
        guard labels.round * labels.pool <= 100_000 else {
            throw .invalidHyperparameter(
                name: "labels.pool",
                reason: "with rounds of \(labels.round) at most \(100_000 / labels.round) is supported")
        }
        guard learningStarts <= replayCapacity else {
            throw .invalidHyperparameter(name: "learning_starts", reason: "it is more than replay_capacity")
        }
        guard nStep < replayCapacity / 4 else {
            throw .invalidHyperparameter(name: "n_step", reason: "it needs a larger replay_capacity")
        }
    }
}
