import Gym
import Neural

/// What an agent's learning depends on besides its data, in the field's words. ``init(observation:action:)`` derives
/// all of it from the spaces alone; ``HyperparameterField`` has each one's meaning and range.
public struct Hyperparameters: Sendable, Equatable {
    public enum Optimization: String, Sendable, CaseIterable { case adam, rmsprop, sgd }
    public enum Sampling: String, Sendable, CaseIterable { case uniform, prioritized }
    public enum Loss: String, Sendable, CaseIterable {
        case huber
        case squaredError = "squared_error"
    }

    /// How the bins of a Box of actions are scored.
    public enum BoxDistribution: String, Sendable, CaseIterable {
        /// Each on its own.
        case categorical
        /// By a Gaussian that the network gives the mean and the deviation of.
        case gaussian
    }

    /// ε falls in a straight line over the agent's first transitions, then stays.
    public struct Exploration: Sendable, Equatable {
        public var initial: Double
        public var final: Double
        public var steps: Int

        func rate(after transitions: Int) -> Double {
            Schedule(from: initial, to: final).value(at: Double(transitions) / Double(max(steps, 1)))
        }
    }

    /// Every `period` updates the target network goes the share `tau` of the way to the learned one.
    public struct TargetUpdate: Sendable, Equatable {
        public var tau: Double
        public var period: Int
    }

    public enum ImitationLoss: String, Sendable, CaseIterable {
        case margin
        case crossEntropy = "cross_entropy"
    }

    /// How decisions that were shown are imitated beside the learning of values.
    public struct ImitationTerm: Sendable, Equatable {
        public var loss: ImitationLoss
        public var weight: Double
        /// The share of the weight that is left at the end of a training.
        public var decay: Double
        public var margin: Double
        /// Whether only what led to more than the agent expects is imitated.
        public var filter: Bool
        public var selfImitation: Bool
    }

    /// How what tells experts' steps from the learner's own is learned.
    public struct Adversarial: Sendable, Equatable {
        public var hiddenSizes: [Int]
        public var learningRate: Double
        public var gradientPenalty: Double
        /// Updates of the policy for each of the discriminator.
        public var period: Int
        /// By what rewards are multiplied that are not the environment's.
        public var rewardScale: Double
    }

    /// How somebody outside is asked what to do.
    public struct Labels: Sendable, Equatable {
        /// Questions asked at once.
        public var round: Int
        /// States come across for each question.
        public var pool: Int
        /// Updates after each round.
        public var updates: Int
    }

    /// How a policy learns from its own steps alone.
    public struct PolicyOptimization: Sendable, Equatable {
        /// Steps of each environment between two updates.
        public var rolloutSteps: Int
        public var epochs: Int
        public var batchSize: Int
        public var clip: Double
        public var lambda: Double
        public var entropy: Double
        public var valueWeight: Double
    }

    public var hiddenSizes: [Int]
    public var activation: Activation
    public var layerNorm: Bool
    public var bins: Int
    public var coarseBins: Int
    public var boxDistribution: BoxDistribution
    public var embeddingSize: Int
    public var candidates: Int
    public var observationNormalization: Bool
    public var optimizer: Optimization
    public var learningRate: Double
    public var learningRateDecay: Double
    public var momentum: Double
    public var gradientClip: Double
    public var loss: Loss
    public var batchSize: Int
    public var discount: Double
    public var nStep: Int
    public var doubleQ: Bool
    public var rewardScaling: Bool
    public var targetUpdate: TargetUpdate
    public var replay: Sampling
    public var replayCapacity: Int
    public var priorityExponent: Double
    public var priorityBeta: Double
    public var exploration: Exploration
    public var learningStarts: Int
    public var trainFrequency: Int
    public var gradientSteps: Int
    public var demonstrationShare: Double
    public var imitation: ImitationTerm
    public var expertMixing: Double
    public var labels: Labels
    public var adversarial: Adversarial
    public var policyGradient: PolicyOptimization
}

extension Hyperparameters {
    /// The defaults, from the spaces alone.
    public init(observation: Space, action: Space) {
        let form = try? ObservationForm(observation)
        // Jointly scored, few lanes can do with few bins; where they are scored apart, fine ones cost little.
        let (bins, coarseBins) = (action.layout?.count ?? 1) <= 2 ? (11, 0) : (65, 5)
        let components = (try? ActionForm(action, bins: bins, coarseBins: coarseBins))?.head.components ?? []
        // More than a few components are scored apart.
        let isProduct = components.count > 3
        // A few numbers and a few actions need no large network, and a small one learns twice as often in half of the time.
        // Where there are fewer numbers still, it takes more units to draw lines between them that are fine enough.
        let isSmall =
            form.map { $0.categories.isEmpty && (4...6).contains($0.numbers) } ?? false
            && (2...4).contains(components.reduce(0, +))
        self.init(
            hiddenSizes: isSmall ? [96, 96] : [128, 128], activation: .relu, layerNorm: false,
            bins: bins, coarseBins: coarseBins, boxDistribution: .categorical, embeddingSize: 32, candidates: 512,
            observationNormalization: true, optimizer: .adam,
            learningRate: 1e-3, learningRateDecay: 0.1, momentum: 0.9, gradientClip: 10, loss: .huber, batchSize: 64,
            // What a category leads to is soon known exactly; numbers gain from rewards that travel faster.
            discount: 0.99, nStep: form?.numbers == 0 || isProduct ? 1 : 3, doubleQ: true, rewardScaling: true,
            // The maximum is taken in each component, and its errors add up: they must not feed each other.
            targetUpdate: TargetUpdate(tau: isProduct ? 0.001 : 0.01, period: 1), replay: .uniform,
            replayCapacity: Self.capacity(lanes: form?.width ?? 1), priorityExponent: 0.6,
            priorityBeta: 0.4,
            // Of categories, what was not tried is not known from what is near.
            exploration: Exploration(initial: 1, final: form?.numbers == 0 ? 0.1 : 0.05, steps: 5_000),
            learningStarts: 500,
            trainFrequency: isSmall ? 1 : 2, gradientSteps: 1, demonstrationShare: 0.25,
            imitation: ImitationTerm(
                loss: .margin, weight: 0.1, decay: 0.1, margin: 0.1, filter: true, selfImitation: false),
            expertMixing: 0.5, labels: Labels(round: 50, pool: 4, updates: 500),
            adversarial: Adversarial(
                hiddenSizes: [64, 64], learningRate: 3e-4, gradientPenalty: 10, period: 1, rewardScale: 0.1),
            policyGradient: PolicyOptimization(
                rolloutSteps: 128, epochs: 10, batchSize: 64, clip: 0.2, lambda: 0.95, entropy: 0, valueWeight: 0.5))
    }

    /// 100,000 transitions, fewer where an observation is so wide that they would take more than 256 MiB.
    private static func capacity(lanes: Int) -> Int {
        min(100_000, max(1_000, (256 << 20) / (4 * max(lanes, 1))))
    }
}
