import Gym
import Neural

/// One line of the declarative table of hyperparameters: name, meaning, legal range, and how it is read and written.
public struct HyperparameterField: Sendable {
    /// What values are legal.
    public enum Domain: Sendable, Equatable {
        case real(ClosedRange<Double>)
        case integer(ClosedRange<Int>)
        case boolean
        case choice([String])
        /// A list of up to `maximumCount` integers, each within `range`.
        case integers(range: ClosedRange<Int>, maximumCount: Int)

        var expectation: String {
            switch self {
            case .real(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
            case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
            case .boolean: "true or false"
            case .choice(let names): "one of " + names.joined(separator: ", ")
            case .integers(let range, let maximumCount):
                "at most \(maximumCount) integers from \(range.lowerBound) to \(range.upperBound)"
            }
        }
    }

    /// The way to the field in JSON; a dot leads into an object.
    public let name: String
    public let summary: String
    public let domain: Domain
    let read: @Sendable (Hyperparameters) -> Value
    /// Gives false where the value is not in the domain.
    let write: @Sendable (Value, inout Hyperparameters) -> Bool
}

extension HyperparameterField {
    private typealias Path<T> = WritableKeyPath<Hyperparameters, T> & Sendable

    /// Every hyperparameter, in the order in which they are shown.
    public static let all: [HyperparameterField] = [
        integers("hidden_sizes", \.hiddenSizes, 1...4_096, maximumCount: 8, "units of each hidden layer"),
        choice("activation", \.activation, "what the hidden layers do to their sums"),
        boolean("layer_norm", \.layerNorm, "whether the sums of hidden layers are normalised"),
        integer("bins", \.bins, 2...255, "values for each lane of a Box of actions"),
        integer("coarse_bins", \.coarseBins, 0...129, "bins that q begins with, until finer ones open; 0: with all"),
        choice("box_distribution", \.boxDistribution, "how they are scored: each on its own, or by a Gaussian"),
        integer("embedding_size", \.embeddingSize, 0...512, "numbers in the key of an embedded action; 0 embeds none"),
        integer("candidates", \.candidates, 16...16_384, "embedded actions that learning looks at at once"),
        boolean("observation_normalization", \.observationNormalization, "whether numbers are seen normalised"),
        choice("optimizer", \.optimizer, "how a gradient becomes a step"),
        real("learning_rate", \.learningRate, 1e-8...10, "step size at the beginning of a training"),
        real("learning_rate_decay", \.learningRateDecay, 0...1, "share of it left at the end of a training"),
        real("momentum", \.momentum, 0...0.9999, "of sgd; the share of squares that rmsprop keeps"),
        real("gradient_clip", \.gradientClip, 1e-6...1e9, "largest norm of a gradient"),
        choice("loss", \.loss, "of the error of Q"),
        integer("batch_size", \.batchSize, 1...4_096, "transitions in an update"),
        real("discount", \.discount, 0...1, "gamma: what a reward one step later is worth"),
        integer("n_step", \.nStep, 1...100, "rewards summed before a value is trusted"),
        boolean("double_q", \.doubleQ, "whether the learned network chooses and the target network judges"),
        boolean("reward_scaling", \.rewardScaling, "whether returns larger than 1 are scaled down as they are learned"),
        real("target_update.tau", \.targetUpdate.tau, 1e-6...1, "share of the way the target network goes; 1 copies"),
        integer("target_update.period", \.targetUpdate.period, 1...1_000_000, "updates between its moves"),
        choice("replay", \.replay, "how transitions are drawn"),
        integer("replay_capacity", \.replayCapacity, 100...10_000_000, "states kept"),
        real("priority_exponent", \.priorityExponent, 0...1, "alpha: 0 draws all alike, 1 in proportion to the error"),
        real("priority_beta", \.priorityBeta, 0...1, "how far this is corrected at first; it rises to 1 in a training"),
        real("exploration.initial", \.exploration.initial, 0...1, "epsilon at first"),
        real("exploration.final", \.exploration.final, 0...1, "epsilon in the end"),
        integer("exploration.steps", \.exploration.steps, 0...1_000_000_000, "transitions from the one to the other"),
        integer("learning_starts", \.learningStarts, 1...1_000_000, "transitions before the first update"),
        integer("train_frequency", \.trainFrequency, 1...100_000, "transitions between updates"),
        integer("gradient_steps", \.gradientSteps, 1...1_000, "updates in a row"),
        real(
            "demonstration_share", \.demonstrationShare, 0...1, "share of a batch from demonstrations, if there are any"
        ),
        choice("imitation.loss", \.imitation.loss, "how what was shown is imitated beside learning values"),
        real("imitation.weight", \.imitation.weight, 0...1_000, "of imitation against the error of Q"),
        real("imitation.decay", \.imitation.decay, 0...1, "share of the weight left at the end of a training"),
        real("imitation.margin", \.imitation.margin, 0...1_000, "how far below what was shown all else is to stay"),
        boolean("imitation.filter", \.imitation.filter, "whether only what led to more than expected is imitated"),
        boolean("imitation.self", \.imitation.selfImitation, "whether what turned out well is imitated too"),
        real(
            "expert_mixing", \.expertMixing, 0...1, "how often an expert that labels acts itself at first; falls to 0"),
        integer("labels.round", \.labels.round, 1...10_000, "states that a client is asked about at once"),
        integer("labels.pool", \.labels.pool, 1...1_000, "states come across for each that is asked about"),
        integer("labels.updates", \.labels.updates, 1...1_000_000, "updates after each round of answers"),
        integers(
            "adversarial.hidden_sizes", \.adversarial.hiddenSizes, 1...1_024, maximumCount: 4,
            "units of each hidden layer of what tells experts' steps from one's own"),
        real("adversarial.learning_rate", \.adversarial.learningRate, 1e-8...10, "its step size"),
        real("adversarial.gradient_penalty", \.adversarial.gradientPenalty, 0...1_000, "how smooth it is kept"),
        integer("adversarial.period", \.adversarial.period, 1...10_000, "updates of the policy for each of it"),
        real("adversarial.reward_scale", \.adversarial.rewardScale, 1e-6...1e6, "what rewards from imitation count"),
        integer("policy_gradient.rollout_steps", \.policyGradient.rolloutSteps, 1...65_536, "steps between updates"),
        integer("policy_gradient.epochs", \.policyGradient.epochs, 1...1_000, "passes over what a rollout gave"),
        integer("policy_gradient.batch_size", \.policyGradient.batchSize, 1...4_096, "steps in an update"),
        real("policy_gradient.clip", \.policyGradient.clip, 1e-6...1e6, "how much likelier a decision may become"),
        real("policy_gradient.gae_lambda", \.policyGradient.lambda, 0...1, "lambda: 0 trusts V, 1 the return"),
        real("policy_gradient.entropy", \.policyGradient.entropy, 0...10, "weight of staying undecided"),
        real("policy_gradient.value_weight", \.policyGradient.valueWeight, 0...100, "weight of the error of V"),
    ]

    private static func real(
        _ name: String, _ path: any Path<Double>, _ range: ClosedRange<Double>, _ summary: String
    ) -> Self {
        Self(name: name, summary: summary, domain: .real(range), read: { .double($0[keyPath: path]) }) {
            value, target in
            guard let number = value.asDouble, range.contains(number) else { return false }
            target[keyPath: path] = number
            return true
        }
    }

    private static func integer(
        _ name: String, _ path: any Path<Int>, _ range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        Self(name: name, summary: summary, domain: .integer(range), read: { .int(Int64($0[keyPath: path])) }) {
            value, target in
            guard let number = value.asInt64.flatMap({ Int(exactly: $0) }), range.contains(number) else { return false }
            target[keyPath: path] = number
            return true
        }
    }

    private static func boolean(_ name: String, _ path: any Path<Bool>, _ summary: String) -> Self {
        Self(name: name, summary: summary, domain: .boolean, read: { .bool($0[keyPath: path]) }) { value, target in
            guard let flag = value.asBool else { return false }
            target[keyPath: path] = flag
            return true
        }
    }

    private static func choice<T: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: any Path<T>, _ summary: String
    ) -> Self {
        Self(
            name: name, summary: summary, domain: .choice(T.allCases.map(\.rawValue)),
            read: { .string($0[keyPath: path].rawValue) }
        ) { value, target in
            guard let chosen = value.asString.flatMap(T.init(rawValue:)) else { return false }
            target[keyPath: path] = chosen
            return true
        }
    }

    private static func integers(
        _ name: String, _ path: any Path<[Int]>, _ range: ClosedRange<Int>, maximumCount: Int, _ summary: String
    ) -> Self {
        Self(
            name: name, summary: summary, domain: .integers(range: range, maximumCount: maximumCount),
            read: { .integers($0[keyPath: path]) }
        ) { value, target in
            let numbers = value.arrayElements.map { $0.asInt64.flatMap { Int(exactly: $0) } ?? Int.min }
            guard value.elementCount.map({ $0 <= maximumCount }) ?? false, numbers.allSatisfy(range.contains) else {
                return false
            }
            target[keyPath: path] = numbers
            return true
        }
    }
}
