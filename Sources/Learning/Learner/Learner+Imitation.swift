import Gym
import Neural

/// Learning from those who know what to do.
extension Learner {
    /// Takes in what was shown, in place of what was shown before: episodes enter as experience does, but are kept.
    /// - Throws: ``LearningError/invalidRequest(name:reason:)`` where they are of other spaces or too many.
    public mutating func show(_ episodes: [Trajectory]) throws(LearningError) {
        var shown = try Replay(hyperparameters, isMasked: isMasked, network: network, isGrowing: true)
        guard episodes.reduce(0, { $0 + $1.length + 1 }) <= shown.capacityLimit else {
            throw .invalidRequest(
                name: "demonstrations", reason: "with these spaces at most \(shown.capacityLimit) steps are supported")
        }
        for episode in episodes where episode.length > 0 { try show(episode, &shown) }
        demonstrations = shown.written > 0 ? shown : nil
    }

    private mutating func show(_ episode: Trajectory, _ shown: inout Replay) throws(LearningError) {
        let (rows, width) = (episode.length + 1, network.observation.width)
        guard episode.observations.count == rows * width,
            episode.actions.count == episode.length * network.action.components.count
        else {
            throw .invalidRequest(name: "demonstrations", reason: "they have other spaces than the agent")
        }
        let masks = try masks(of: episode)
        var states = States(rows: rows, network, masked: isMasked)
        network.observation.encode(episode.observations, rows: 0..<rows, to: &states)
        if !masks.isEmpty { states.masks = network.action.widen(masks, rows: rows) }
        var choices = [Int32](repeating: 0, count: rows * network.head.components.count)
        network.action.encode(episode.actions, rows: episode.length, to: &choices)
        var (stream, sum) = (Replay.Stream(), 0.0)
        see(states, row: 0)
        shown.begin(&stream, states, row: 0)
        for step in 0..<episode.length {
            see(states, row: step + 1)
            rewardScale.observe(episode.rewards[step], discount: hyperparameters.discount, sum: &sum)
            let isLast = step == episode.length - 1
            let ending: Ending = episode.terminations[step] ? .terminated : isLast ? .truncated : .none
            shown.step(
                &stream, choices: choices, isBest: true, at: step, reward: episode.rewards[step], ending: ending,
                to: states, row: step + 1)
        }
    }

    /// What was allowed in each observation, where this agent heeds it. After a last one nothing needs to be.
    private func masks(of episode: Trajectory) throws(LearningError) -> [Bool] {
        guard isMasked else { return [] }
        var masks = network.masks(episode.masks, episode.observations, rows: episode.length + 1)
        network.action.allowSomething(&masks, row: episode.length)
        try network.action.check(masks, rows: episode.length + 1)
        return masks
    }

    /// Takes in what an expert would do in a row of `states`; beyond what memory takes, nothing.
    /// - Parameter choices: [rows, head.components].
    mutating func label(_ states: States, _ choices: [Int32], row: Int) throws(LearningError) {
        if labels == nil {
            labels = try Replay(hyperparameters, isMasked: isMasked, network: network, isGrowing: true)
        }
        if labels.map({ $0.written < $0.capacityLimit }) ?? false { labels?.label(states, choices: choices, at: row) }
    }

    /// Adds the gradient that brings decisions closer to those shown, and to one's own that turned out well.
    /// - Returns: the loss; nil where nothing is imitated.
    mutating func imitate(progress: Double) -> Double? {
        guard let loss = objective.imitation else { return nil }
        let settings = hyperparameters.imitation
        let imitatesSelf = hyperparameters.imitation.selfImitation && objective.learnsValues
        let rows = imitatesSelf ? batch.count : batch.labelRows.upperBound
        guard rows > 0 else { return nil }
        let term: Imitation = loss == .crossEntropy ? .crossEntropy : .margin(Float(settings.margin))
        if objective.learnsValues { weighImitation(rows: rows) }
        let weights = objective.learnsValues ? batch.imitationWeights : []
        // Without steps of its own there is nothing better to go by: nothing is filtered, and the weight stays.
        let decay = isOffline ? 1 : settings.decay
        let weight = settings.weight * Schedule(from: 1, to: decay).value(at: progress)
        return term(
            network.head, outputs: batch.online.outputs, rows: rows, masks: batch.masks, choices: batch.choices,
            spreads: network.action.spreads, weights: weights, scale: Float(weight) * Float(rows) / Float(batch.count),
            addingTo: &batch.online.outputGradient)
    }

    private var isOffline: Bool { objective.ownShare(hyperparameters) == 0 }

    /// Imitates only decisions that led to more than the agent expects of its own: bad ones of an expert are not worth
    /// it, and good ones of its own are (self-imitation, Oh 2018).
    private mutating func weighImitation(rows: Int) {
        let head = network.head
        head.best(batch.online.outputs, rows: rows, masks: batch.masks, choices: &batch.nextChoices)
        head.values(
            batch.online.outputs, rows: rows, masks: batch.masks, of: batch.nextChoices, to: &batch.expectations)
        let scale = rewardFactor
        func weigh(_ returns: [Float]?, _ rows: Range<Int>, unknown: Bool, filters: Bool) {
            for row in rows {
                let outcome = (returns?[Int(batch.slots[row])] ?? .nan) * scale
                let isWorthIt = outcome.isNaN ? unknown : !filters || outcome > batch.expectations[row]
                batch.imitationWeights[row] = isWorthIt ? 1 : 0
            }
        }
        weigh(
            demonstrations?.returns, batch.shownRows, unknown: true,
            filters: hyperparameters.imitation.filter && !isOffline)
        weigh(nil, batch.labelRows, unknown: true, filters: false)
        weigh(replay.returns, batch.ownRows.clamped(to: 0..<rows), unknown: false, filters: true)
    }
}
