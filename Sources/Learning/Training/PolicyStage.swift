import Gym
import Neural

/// Proximal policy optimization (Schulman 2017): steps of the stochastic policy are gathered, learned from in a few
/// epochs, and forgotten. REINFORCE (Williams 1992) is its plainest setting: one update on all of them, nothing clipped.
struct PolicyStage: Stage {
    private var collector: Collector
    private var rollout: PolicyRollout
    private let isPlain: Bool
    private var order: [Int]
    private var workspace: Workspace
    private let batchSize: Int
    private var batch = RolloutBatch()

    /// - Parameters:
    ///   - isPlain: REINFORCE.
    ///   - budget: of steps of all environments; a rollout is no longer.
    init(_ vector: any VectorEnvironment, _ learner: inout Learner, isPlain: Bool, budget: Int?) {
        let settings = learner.hyperparameters.policyGradient
        let longest = max(1, (budget ?? .max) / vector.count)
        self.isPlain = isPlain
        collector = Collector(vector, learner)
        rollout = PolicyRollout(
            learner.network, environments: vector.count, steps: min(settings.rolloutSteps, longest),
            isMasked: learner.isMasked)
        order = Array(0..<rollout.rows)
        batchSize = isPlain ? rollout.rows : min(settings.batchSize, rollout.rows)
        workspace = Workspace(for: learner.network.perceptron, capacity: max(batchSize, vector.count))
        collector.begin(&learner, isRemembered: false)
    }

    mutating func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move {
        learner.reading = .policy
        // Who is in the running stays so while a rollout is made: what is learned from is a policy over these.
        collector.choose(&learner, .sampling, enlists: rollout.count == 0)
        rollout.put(collector.states, collector.choices)
        var move = Move(steps: collector.streams.count, episodes: try collector.step(learner))
        collector.witness(&learner)
        let isCut = collector.endings.contains(.truncated)
        rollout.complete(
            collector.vector.rewards, collector.endings,
            cuts: isCut ? values(of: collector.finalStates, learner) : workspace.outputs)
        if rollout.isFull {
            move.updates = learn(&learner, progress: progress)
            rollout.clear()
        }
        return move
    }

    /// V where the environments are.
    private mutating func values(of states: States, _ learner: Learner) -> [Float] {
        let (count, width) = (collector.streams.count, learner.network.head.width)
        learner.network.load(
            states, rows: count, learner.normalizer.transform(learner.hyperparameters), into: &workspace)
        learner.network.perceptron.forward(learner.parameters, rows: count, in: &workspace)
        return (0..<count).map { workspace.outputs[$0 * width] }
    }

    /// Learns from the rollout.
    /// - Returns: how many updates it took.
    private mutating func learn(_ learner: inout Learner, progress: Double) -> Int {
        let settings = learner.hyperparameters.policyGradient
        let before = learner.updates
        let next = values(of: collector.states, learner)
        let likely = judge(&learner)
        rollout.estimate(
            values: likely.values, next: next, discount: Float(learner.hyperparameters.discount),
            lambda: isPlain ? 1 : Float(settings.lambda), scale: learner.rewardFactor)
        for _ in 0..<(isPlain ? 1 : settings.epochs) {
            learner.random.shuffle(&order)
            for start in stride(from: 0, to: order.count, by: batchSize) {
                load(order[start..<min(start + batchSize, order.count)], likely.logProbabilities, learner)
                update(&learner, progress: progress)
            }
        }
        return learner.updates - before
    }

    /// What the policy thinks of the whole rollout before it changes. Not what it thought when it acted: since then it
    /// has seen more, and sees states normalised a little differently.
    private mutating func judge(_ learner: inout Learner) -> (values: [Float], logProbabilities: [Float]) {
        var (values, likely): ([Float], [Float]) = ([], [])
        learner.loadActingKeys(into: &workspace)
        for start in stride(from: 0, to: rollout.rows, by: batchSize) {
            load(start..<min(start + batchSize, rollout.rows), [], learner)
            learner.network.perceptron.forward(learner.parameters, rows: batch.rows, in: &workspace)
            learner.network.head.logProbabilities(
                workspace.outputs, rows: batch.rows, masks: batch.masks, of: batch.choices, to: &batch.logProbabilities)
            values += (0..<batch.rows).map { workspace.outputs[$0 * learner.network.head.width] }
            likely += batch.logProbabilities[..<batch.rows]
        }
        return (values, likely)
    }

    /// Brings some rows of the rollout before the network.
    private mutating func load(_ rows: some Sequence<Int>, _ likely: [Float], _ learner: Learner) {
        let transform = learner.normalizer.transform(learner.hyperparameters)
        batch.clear()
        for (index, row) in rows.enumerated() {
            learner.network.load(rollout.states, row: row, transform, into: &workspace, at: index)
            batch.take(row, of: rollout, likely)
        }
        learner.enterActing(&batch.choices, &batch.masks, rows: batch.rows)
    }

    /// One step against the clipped loss of the rows that are loaded.
    private mutating func update(_ learner: inout Learner, progress: Double) {
        let (head, settings) = (learner.network.head, learner.hyperparameters.policyGradient)
        let objective = PolicyGradient(
            clip: isPlain ? .infinity : Float(settings.clip), valueCoefficient: Float(settings.valueWeight),
            entropyCoefficient: Float(settings.entropy))
        if !isPlain { batch.standardizeAdvantages() }
        learner.loadActingKeys(into: &workspace)
        learner.network.perceptron.forward(learner.parameters, rows: batch.rows, in: &workspace)
        let means = objective(
            head, outputs: workspace.outputs, rows: batch.rows, masks: batch.masks, choices: batch.choices,
            oldLogProbabilities: batch.logProbabilities, advantages: batch.advantages, returns: batch.returns,
            gradient: &workspace.outputGradient)
        Learner.suppress(head, &workspace, rows: batch.rows, masks: batch.masks)
        learner.network.perceptron.backward(
            learner.parameters, rows: batch.rows, in: &workspace, to: &learner.gradient)
        learner.acting?.backward(workspace.keyGradient, learner.parameters, to: &learner.gradient)
        let rate = learner.step(learner.acting, workspace.keyGradient, progress: progress)
        learner.metrics.add("learning_rate", rate)
        learner.metrics.add("loss", means.policyLoss)
        learner.metrics.add("value_loss", means.valueLoss)
        learner.metrics.add("entropy", means.entropy)
        learner.metrics.add("approximate_kl", means.approximateKL, mayBeInfinite: true)
        learner.metrics.add("clip_fraction", means.clipFraction)
        learner.updates += 1
    }

    func save(to checkpoint: inout Checkpoint) {
        collector.save(to: &checkpoint)
        rollout.save(to: &checkpoint)
        checkpoint.put("rollout.order", order)
    }

    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError) {
        try collector.restore(from: checkpoint, &learner)
        // Its first steps would not lead to those of episodes that begin anew.
        if collector.vector.isSavable { try rollout.restore(from: checkpoint, learner.network) }
        order = try checkpoint.integers("rollout.order", count: order.count, in: order.indices)
        guard Set(order).count == order.count else { throw .invalidCheckpoint("rollout.order is no permutation") }
    }
}

/// The rows of a rollout that one update learns from.
private struct RolloutBatch {
    private(set) var rows = 0
    var choices: [Int32] = []
    var masks: [UInt8] = []
    var logProbabilities: [Float] = []
    private(set) var advantages: [Float] = []
    private(set) var returns: [Float] = []

    mutating func clear() {
        rows = 0
        choices.removeAll(keepingCapacity: true)
        masks.removeAll(keepingCapacity: true)
        logProbabilities.removeAll(keepingCapacity: true)
        advantages.removeAll(keepingCapacity: true)
        returns.removeAll(keepingCapacity: true)
    }

    /// - Parameter likely: how likely each row's decision was, where that is known yet.
    mutating func take(_ row: Int, of rollout: borrowing PolicyRollout, _ likely: [Float]) {
        func append<T>(_ target: inout [T], _ source: [T]) {
            let width = source.count / rollout.rows
            target += source[row * width..<(row + 1) * width]
        }
        rows += 1
        append(&choices, rollout.choices)
        append(&masks, rollout.states.masks)
        append(&advantages, rollout.advantages)
        append(&returns, rollout.returns)
        logProbabilities.append(likely.isEmpty ? 0 : likely[row])
    }

    mutating func standardizeAdvantages() {
        guard rows > 1 else { return }
        let mean = advantages.reduce(0, +) / Float(rows)
        let variance = advantages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(rows)
        for row in 0..<rows { advantages[row] = (advantages[row] - mean) / (variance.squareRoot() + 1e-8) }
    }
}
