import Glibc
import Gym
import Neural

/// One update, part by part. The first rows of a batch are of what was shown, the others of what was experienced.
extension Learner {
    /// How far below the best the scores of what is not allowed are kept, in scaled returns: a fifth of that made Taxi
    /// worse without a mask.
    private static let maskMargin: Float = 0.1
    /// So many weights times rows are learned from before others may take the core: fewer than in an update of the defaults.
    private static let workAtOnce = 600_000

    /// How many steps and labels there are to imitate.
    var shownCount: Int { (demonstrations?.readyCount ?? 0) + (labels?.readyCount ?? 0) }

    /// Draws the slots of a batch.
    mutating func draw(progress: Double) {
        drawParts()
        demonstrations?.drawUniformly(&batch.slots, rows: batch.shownRows, &random)
        labels?.drawUniformly(&batch.slots, rows: batch.labelRows, &random)
        guard !batch.ownRows.isEmpty else { return }
        defer { replay.prefetch(batch.slots, rows: batch.ownRows) }
        if replay.priorities == nil {
            replay.drawUniformly(&batch.slots, rows: batch.ownRows, &random)
        } else {
            let beta = Schedule(from: hyperparameters.priorityBeta, to: 1).value(at: progress)
            for row in 0..<batch.ownRows.lowerBound { batch.weights[row] = 1 }
            replay.drawByPriority(
                &batch.slots, weights: &batch.weights, rows: batch.ownRows, beta: Float(beta), &random)
        }
    }

    /// Draws how many rows are of which kind: among what was shown, all steps and labels alike.
    private mutating func drawParts() {
        batch.parts = (0, 0)
        guard shownCount > 0 else { return }
        let share = objective.share ?? hyperparameters.demonstrationShare
        batch.parts.shown = Int((share * Double(batch.count)).rounded())
        guard let labels, labels.readyCount > 0 else { return }
        for _ in batch.shownRows where random.integers(0, shownCount) < labels.readyCount { batch.parts.labels += 1 }
        batch.parts.shown -= batch.parts.labels
    }

    /// Brings the states of the batch before the network, and where values are learned those after its steps before both.
    mutating func loadStates(_ transform: Normalizer.Transform) {
        replay.load(batch.ownRows, transform, to: &batch)
        demonstrations?.load(batch.shownRows, transform, to: &batch)
        labels?.load(batch.labelRows, transform, to: &batch)
        guard objective.learnsValues else { return }
        demonstrations?.loadNext(batch.shownRows, transform, to: &batch)
        replay.loadNext(batch.ownRows, transform, to: &batch)
    }

    /// Finds what the steps of the batch gave over n steps.
    mutating func reward() {
        let discount = Float(hyperparameters.discount)
        let scale =
            objective.rewards == .environment
            ? rewardFactor : Float(hyperparameters.adversarial.rewardScale)
        switch objective.rewards {
        case .environment:
            demonstrations?.follow(batch.shownRows, scale, to: &batch)
            replay.follow(batch.ownRows, scale, to: &batch)
        case .shown:
            demonstrations?.follow(batch.shownRows, discount, scale, to: &batch) { _ in 1 }
            replay.follow(batch.ownRows, discount, scale, to: &batch) { _ in 0 }
        case .discriminator:
            var learned = learnedRewards()
            demonstrations?.follow(batch.shownRows, discount, scale, to: &batch) { _ in learned.popLast() ?? 0 }
            replay.follow(batch.ownRows, discount, scale, to: &batch) { _ in learned.popLast() ?? 0 }
        }
    }

    /// Finds what the states afterwards are worth: the learned network chooses, the target network judges (double
    /// Q-learning, van Hasselt 2016).
    mutating func judge() {
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

    /// Moves the parameters by the objective, and the target network after them.
    mutating func learn(progress: Double) {
        let (count, head) = (batch.count, network.head)
        var loss: Double?
        if objective.learnsValues {
            loss = learnValues()
        } else {
            for index in 0..<count * head.width { batch.online.outputGradient[index] = 0 }
        }
        let imitationLoss = imitate(progress: progress)
        Self.suppress(head, &batch.online, rows: count, masks: batch.masks)
        network.perceptron.backward(parameters, rows: count, in: &batch.online, to: &gradient)
        shortlist?.backward(batch.online.keyGradient, parameters, to: &gradient)
        let rate = step(shortlist, batch.online.keyGradient, progress: progress)
        metrics.add("learning_rate", rate)
        if let loss {
            metrics.add("loss", loss)
            metrics.add("value", Double(batch.values.reduce(0, +)) / Double(count))
            if (updates + 1).isMultiple(of: hyperparameters.targetUpdate.period) {
                Polyak.update(&target, toward: parameters, by: Float(hyperparameters.targetUpdate.tau))
            }
            replay.reprioritize(
                batch.slots, rows: batch.ownRows, values: batch.values, targets: batch.targets,
                exponent: Float(hyperparameters.priorityExponent))
        }
        if let imitationLoss { metrics.add("imitation_loss", imitationLoss) }
    }

    /// Keeps what is not allowed below the best that is.
    static func suppress(_ head: ScoreHead, _ workspace: inout Workspace, rows: Int, masks: [UInt8]) {
        head.suppress(
            workspace.outputs, rows: rows, masks: masks, margin: maskMargin,
            addingTo: &workspace.outputGradient)
    }

    /// One step of the optimizer along the gradient.
    /// - Parameter keyGradient: of the keys of those on the shortlist.
    /// - Returns: the learning rate.
    mutating func step(_ shortlist: Shortlist?, _ keyGradient: [Float], progress: Double) -> Double {
        let rate =
            hyperparameters.learningRate
            * Schedule(from: 1, to: hyperparameters.learningRateDecay).value(at: progress)
        let norm = optimizer.step(
            &parameters, gradient: gradient, rate: Float(rate), maximumNorm: Float(hyperparameters.gradientClip))
        metrics.add("gradient_norm", Double(norm))
        if let shortlist, case .table(let start) = shortlist.embedding.source {
            optimizer.stepRows(
                shortlist.candidates.ids, ofTableAt: start, width: shortlist.embedding.dimension, &parameters,
                gradient: keyGradient, rate: Float(rate))
        }
        makeWay()
        return rate
    }

    /// Learning has time. Whoever is to answer a request has not, and would wait for milliseconds where all cores learn. But to
    /// ask who waits takes a twentieth of a small update: of those, some are made at once.
    private mutating func makeWay() {
        work += batch.count * gradient.count
        guard work >= Self.workAtOnce else { return }
        work = 0
        sched_yield()
    }

    /// The gradient that brings Q closer to its targets.
    private mutating func learnValues() -> Double {
        let (count, head) = (batch.count, network.head)
        head.values(
            batch.online.outputs, rows: count, masks: batch.masks, of: batch.choices, to: &batch.values)
        // What came of a label is not known: its Q is its own target.
        for row in batch.labelRows { batch.targets[row] = batch.values[row] }
        let loss = hyperparameters.regression(
            batch.values, targets: batch.targets, weights: batch.weights, gradient: &batch.gradients)
        head.backward(
            batch.gradients, rows: count, masks: batch.masks, of: batch.choices, to: &batch.online.outputGradient)
        return loss
    }
}
