import Gym
import Neural

/// What learns: the network, its target, its optimizer and its memory. Experience comes in through ``Collector`` or
/// ``observe(_:)``, what experts know through ``show(_:)`` and ``label(_:_:rows:)``; ``update(progress:)`` learns from both
/// by the ``objective``, and ``policy`` is what it has come to.
public struct Learner: Sendable {
    public internal(set) var network: Network
    public internal(set) var hyperparameters: Hyperparameters
    public internal(set) var objective = Objective.values
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
    /// How the scores are read that it has come to.
    var reading = Policy.Reading.values
    /// The steps that experts showed, and what they said to do in states that it came across itself; neither is ever
    /// forgotten. nil where there are none.
    var demonstrations: Replay?
    var labels: Replay?
    /// What tells experts' steps from its own; nil where rewards come from elsewhere.
    var adversary: Adversary?
    /// The members of an embedded component that are in the running: in an update, and while it acts; nil where no
    /// component is embedded. Then those that were thought best lately, the latest last.
    var shortlist: Shortlist?
    var acting: Shortlist?
    var recent: [Int32] = []
    var random: RandomGenerator
    /// Of the episodes that clients have begun, the most recently continued last.
    var openStreams: [(id: String, stream: Stream)] = []
    var batch: Batch
    var gradient: [Float]
    var metrics = LearningMetrics()
    /// How much was learned since others could take the core, in weights times rows.
    var work = 0

    /// - Parameters:
    ///   - features: what is known of the actions of a Discrete space.
    ///   - isMasked: whether the environment says which actions are allowed.
    public init(
        observation: Space, action: Space, hyperparameters: Hyperparameters, features: ActionFeatures? = nil,
        isMasked: Bool, seed: UInt64
    ) throws(LearningError) {
        let network = try Network(
            observation: observation, action: action, hyperparameters: hyperparameters, features: features)
        self.network = network
        self.hyperparameters = hyperparameters
        let isMasked = isMasked || network.observation.maskLanes != nil
        self.isMasked = isMasked
        var random = RandomGenerator(seed: seed)
        parameters = network.initialParameters { random.random() }
        target = Array(parameters[..<network.denseCount])
        optimizer = Optimizer(hyperparameters.rule, parameterCount: parameters.count)
        normalizer = Normalizer(width: network.observation.numbers)
        replay = try Replay(hyperparameters, isMasked: isMasked, network: network)
        self.random = random
        batch = Batch(count: hyperparameters.batchSize, network: network, isMasked: isMasked)
        gradient = Array(repeating: 0, count: network.denseCount)
        shortlist = network.embedding.map { Shortlist($0) }
        acting = shortlist
        try hyperparameters.check(network)
    }

    /// ε now. Where experts have shown what to do, it is what it falls to from the beginning.
    public var exploration: Double {
        shownCount == 0
            ? hyperparameters.exploration.rate(after: transitions) : hyperparameters.exploration.final
    }

    /// By what the environment's rewards are multiplied before they are learned.
    var rewardFactor: Float { rewardScale.factor(hyperparameters, components: network.head.components.count) }

    /// Whether there is enough experience to learn from.
    // Inlined, because a learner that is changed would be copied, all five kilobytes of it, to be asked.
    @inline(__always) public var isReady: Bool {
        guard shownCount == 0 || objective.ownShare(hyperparameters) > 0 else { return true }
        return transitions >= hyperparameters.learningStarts && replay.readyCount >= hyperparameters.batchSize
    }

    /// How many updates the experience pays for that were not yet made.
    public var pendingUpdates: Int { isReady ? credit / hyperparameters.trainFrequency : 0 }

    /// Makes the updates that experience has paid for.
    /// - Returns: how many.
    mutating func payUpdates(progress: Double) -> Int {
        let before = updates
        while pendingUpdates > 0 { update(progress: progress) }
        return updates - before
    }

    /// Learns from one batch.
    /// - Parameter progress: how much of the training is done, 0…1: schedules go by it.
    /// - Precondition: ``isReady``.
    public mutating func update(progress: Double) {
        precondition(isReady, "an update needs experience")
        reading = objective.reading
        refineBins()
        if adversary != nil && updates.isMultiple(of: hyperparameters.adversarial.period) { teachAdversary() }
        draw(progress: progress)
        if objective.learnsValues { reward() }
        loadStates(normalizer.transform(hyperparameters))
        enlistBatch()
        loadMasks()
        closeBins()
        if objective.learnsValues {
            judge()
        } else {
            network.perceptron.forward(parameters, rows: batch.count, in: &batch.online)
        }
        learn(progress: progress)
        updates += 1
        credit = max(0, credit - hyperparameters.trainFrequency)
    }

    /// Begins to learn by another objective, with other hyperparameters where they do not shape the network or the replay.
    /// - Parameter isFirst: whether nothing was learned just before by another objective: then momentum and target stay.
    mutating func begin(_ objective: Objective, _ hyperparameters: Hyperparameters, isFirst: Bool) {
        let isReadAnew = reading != objective.reading
        if isReadAnew && updates > 0 {
            translateScores(for: objective.reading)
            // At once: a phase may end before its first update.
            reading = objective.reading
        }
        if !isFirst || isReadAnew || hyperparameters.rule != self.hyperparameters.rule {
            optimizer = Optimizer(hyperparameters.rule, parameterCount: parameters.count)
            target = Array(parameters[..<network.denseCount])
        }
        if hyperparameters.batchSize != batch.count {
            batch = Batch(count: hyperparameters.batchSize, network: network, isMasked: isMasked)
        }
        let (steps, discount) = (hyperparameters.nStep, Float(hyperparameters.discount))
        replay.follow(steps: steps, discount: discount)
        demonstrations?.follow(steps: steps, discount: discount)
        batch.weights = Array(repeating: 1, count: batch.count)
        self.objective = objective
        self.hyperparameters = hyperparameters
        credit = 0
        adversary = nil
        if case .discriminator(let seesNext) = objective.rewards {
            adversary = Adversary(network, hyperparameters.adversarial, seesNext: seesNext, random: &random)
        }
    }

    /// Logits differ by much more than values do. Without changing what is best, scores are brought to the size that they
    /// have in the other reading: a confident policy would be taken for great expectations, which take long to come down.
    private mutating func translateScores(for other: Policy.Reading) {
        guard network.action.gaussians.isEmpty else { return }
        let factor = other == .values ? 1 / Self.logitsPerValue : Self.logitsPerValue
        network.perceptron.scaleScores(by: factor, in: &parameters)
    }

    private static let logitsPerValue: Float = 30

    /// Whether a loss was no finite number: what it has learned since is worth nothing.
    public var hasDiverged: Bool { metrics.hasDiverged }

    /// What updates gave since the latest call.
    public mutating func takeMetrics() -> LearningMetrics {
        defer { metrics = LearningMetrics() }
        return metrics
    }
}

extension Hyperparameters {
    /// What the network must have for updates to be made.
    func check(_ network: Network) throws(LearningError) {
        guard network.embedding == nil || batchSize <= candidates else {
            throw .invalidHyperparameter(name: "batch_size", reason: "it is more than candidates")
        }
    }

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
