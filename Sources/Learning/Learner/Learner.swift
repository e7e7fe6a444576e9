import Gym
import Neural

/// What learns: the network, its target, its optimizer and its memory. Experience comes in through ``Collector`` or
/// ``observe(_:)``, ``update(progress:)`` learns from it, and ``policy`` is what it has come to.
public struct Learner: Sendable {
    public let network: Network
    public let hyperparameters: Hyperparameters
    /// Whether states come with masks of what is allowed.
    public let isMasked: Bool
    /// How many steps of the environment were taken in.
    public internal(set) var transitions = 0
    public internal(set) var updates = 0

    /// What transitions have paid for and updates have not yet spent: an update costs ``Hyperparameters/trainFrequency``.
    var credit = 0

    var parameters: [Float]
    var target: [Float]
    var optimizer: Optimizer
    var normalizer: Normalizer
    var rewardScale = RewardScale()
    var replay: Replay
    var random: RandomGenerator
    /// Of the episodes that clients have begun, the most recently continued last.
    var openStreams: [(id: String, stream: Stream)] = []
    /// How far below the best the scores of what is not allowed are kept, in scaled returns: a fifth of that made Taxi
    /// worse without a mask.
    private static let margin: Float = 0.1
    private var batch: Batch
    private var gradient: [Float]
    private var metrics = LearningMetrics()

    /// - Parameter isMasked: whether the environment says which actions are allowed.
    public init(
        observation: Space, action: Space, hyperparameters: Hyperparameters, isMasked: Bool, seed: UInt64
    ) throws(LearningError) {
        network = try Network(observation: observation, action: action, hyperparameters: hyperparameters)
        self.hyperparameters = hyperparameters
        self.isMasked = isMasked
        var random = RandomGenerator(seed: seed)
        parameters = network.perceptron.initialParameters { random.random() }
        target = parameters
        optimizer = Optimizer(hyperparameters.rule, parameterCount: parameters.count)
        normalizer = Normalizer(width: network.observation.numbers)
        replay = try Replay(hyperparameters, isMasked: isMasked, network: network)
        self.random = random
        batch = Batch(count: hyperparameters.batchSize, network: network, isMasked: isMasked)
        gradient = Array(repeating: 0, count: parameters.count)
    }

    /// ε now.
    public var exploration: Double { hyperparameters.exploration.rate(after: transitions) }

    /// Whether there is enough experience to learn from.
    public var isReady: Bool {
        transitions >= hyperparameters.learningStarts && replay.readyCount >= hyperparameters.batchSize
    }

    /// How many updates the experience pays for that were not yet made.
    public var pendingUpdates: Int { isReady ? credit / hyperparameters.trainFrequency : 0 }

    /// Learns from one batch.
    /// - Parameter progress: how much of the training is done, 0…1: schedules go by it.
    /// - Precondition: ``isReady``.
    public mutating func update(progress: Double) {
        precondition(isReady, "an update needs experience")
        draw(progress: progress)
        load()
        judge()
        learn(progress: progress)
        updates += 1
        credit = max(0, credit - hyperparameters.trainFrequency)
    }

    /// What updates gave since the latest call.
    public mutating func takeMetrics() -> LearningMetrics {
        defer { metrics = LearningMetrics() }
        return metrics
    }
}

extension Learner {
    /// Draws the slots of a batch and what their returns over n steps are.
    private mutating func draw(progress: Double) {
        if replay.priorities == nil {
            replay.drawUniformly(&batch.slots, &random)
        } else {
            let beta = Schedule(from: hyperparameters.priorityBeta, to: 1).value(at: progress)
            replay.drawByPriority(&batch.slots, weights: &batch.weights, beta: Float(beta), &random)
        }
        let scale = rewardScale.factor(hyperparameters)
        let discount = Float(hyperparameters.discount)
        for row in 0..<batch.count {
            let outcome = replay.outcome(of: Int(batch.slots[row]), discount: discount)
            batch.rewards[row] = outcome.reward * scale
            batch.discounts[row] = outcome.discount
            batch.lasts[row] = Int32(outcome.last)
        }
    }

    /// Brings the states of the batch before the networks.
    private mutating func load() {
        let transform = normalizer.transform(hyperparameters)
        replay.copyStates(batch.slots, transform, to: &batch.online, from: 0)
        replay.copyStates(batch.lasts, transform, to: &batch.online, from: batch.count)
        replay.copyStates(batch.lasts, transform, to: &batch.target, from: 0)
        replay.copyMasks(batch.slots, to: &batch.masks)
        replay.copyMasks(batch.lasts, to: &batch.nextMasks)
        replay.copyChoices(batch.slots, to: &batch.choices)
    }

    /// Finds what the states afterwards are worth: the learned network chooses, the target network judges (double
    /// Q-learning, van Hasselt 2016).
    private mutating func judge() {
        let (count, head) = (batch.count, network.head)
        network.perceptron.forward(
            parameters, rows: hyperparameters.doubleQ ? 2 * count : count, in: &batch.online)
        network.perceptron.forward(target, rows: count, in: &batch.target)
        if hyperparameters.doubleQ {
            head.best(
                batch.online.outputs, from: count, rows: count, masks: batch.nextMasks, choices: &batch.nextChoices)
        } else {
            head.best(batch.target.outputs, rows: count, masks: batch.nextMasks, choices: &batch.nextChoices)
        }
        head.values(
            batch.target.outputs, rows: count, masks: batch.nextMasks, of: batch.nextChoices, to: &batch.targets)
        for row in 0..<count {
            batch.targets[row] = batch.rewards[row] + batch.discounts[row] * batch.targets[row]
        }
    }

    /// Moves the parameters to bring Q closer to its targets, and the target network after them.
    private mutating func learn(progress: Double) {
        let (count, head) = (batch.count, network.head)
        head.values(
            batch.online.outputs, rows: count, masks: batch.masks, of: batch.choices, to: &batch.values)
        let loss = hyperparameters.regression(
            batch.values, targets: batch.targets, weights: batch.weights, gradient: &batch.gradients)
        head.backward(
            batch.gradients, rows: count, masks: batch.masks, of: batch.choices, to: &batch.online.outputGradient)
        head.suppress(
            batch.online.outputs, rows: count, masks: batch.masks, margin: Self.margin,
            addingTo: &batch.online.outputGradient)
        network.perceptron.backward(parameters, rows: count, in: &batch.online, to: &gradient)
        let rate =
            hyperparameters.learningRate
            * Schedule(from: 1, to: hyperparameters.learningRateDecay).value(at: progress)
        let norm = optimizer.step(
            &parameters, gradient: gradient, rate: Float(rate), maximumNorm: Float(hyperparameters.gradientClip))
        if (updates + 1).isMultiple(of: hyperparameters.targetUpdate.period) {
            Polyak.update(&target, toward: parameters, by: Float(hyperparameters.targetUpdate.tau))
        }
        replay.reprioritize(
            batch.slots, values: batch.values, targets: batch.targets,
            exponent: Float(hyperparameters.priorityExponent))
        metrics.add(
            loss: loss, value: Double(batch.values.reduce(0, +)) / Double(count), gradientNorm: Double(norm), rate: rate
        )
    }
}

extension Hyperparameters {
    var rule: Optimizer.Rule {
        switch optimizer {
        case .adam: .adam()
        case .rmsprop: .rmsprop(decay: Float(momentum))
        case .sgd: .sgd(momentum: Float(momentum))
        }
    }

    var regression: Regression {
        switch loss {
        case .huber: .huber(delta: 1)
        case .squaredError: .squaredError
        }
    }
}
