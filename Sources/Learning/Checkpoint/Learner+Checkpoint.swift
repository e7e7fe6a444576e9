import Gym
import Neural

extension Learner {
    /// Everything it must remember to go on bit for bit, but for what was shown to it.
    public var checkpoint: Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.put("parameters", parameters)
        checkpoint.put("target", target)
        for (index, moment) in optimizer.moments.enumerated() { checkpoint.put("moments.\(index)", moment) }
        checkpoint.put("counts", [transitions, updates, credit, optimizer.steps])
        normalizer.save(to: &checkpoint)
        rewardScale.save(to: &checkpoint)
        checkpoint.put("reading", [reading.rawValue] as [UInt8])
        checkpoint.put("random", random)
        network.featureTransform?.save(to: &checkpoint)
        network.saveGrain(to: &checkpoint)
        if let acting {
            checkpoint.put("recent", recent)
            checkpoint.put("candidates", acting.candidates.ids)
        }
        checkpoint.put("replay.", replay.checkpoint)
        if let labels { checkpoint.put("labels.", labels.checkpoint) }
        saveActions(to: &checkpoint)
        if let discriminator = adversary?.discriminator {
            checkpoint.put("adversary.parameters", discriminator.parameters)
            for (index, moment) in discriminator.moments.enumerated() {
                checkpoint.put("adversary.moments.\(index)", moment)
            }
            checkpoint.put("adversary.updates", [discriminator.updates])
        }
        return checkpoint
    }

    /// Goes on where the learner of `checkpoint` was, which had the same spaces and hyperparameters. Episodes that
    /// clients had begun are forgotten: their next transitions begin anew. What was shown to this learner stays: it is
    /// never part of a checkpoint, so that a deleted demonstration is nowhere.
    /// - Throws: ``LearningError/invalidCheckpoint(_:)``; then nothing has changed.
    public mutating func restore(from checkpoint: Checkpoint) throws(LearningError) {
        var restored = self
        let count = parameters.count
        restored.parameters = try checkpoint.floats("parameters", count: count)
        restored.target = try checkpoint.floats("target", count: network.denseCount)
        let counts = try checkpoint.integers("counts", count: 4, in: 0..<Int.max)
        var moments: [[Float]] = []
        for index in optimizer.moments.indices {
            moments.append(try checkpoint.floats("moments.\(index)", count: count))
        }
        (restored.transitions, restored.updates, restored.credit) = (counts[0], counts[1], counts[2])
        restored.optimizer = Optimizer(optimizer.rule, moments: moments, steps: counts[3])
        restored.normalizer = try Normalizer(from: checkpoint, width: network.observation.numbers)
        restored.rewardScale = try RewardScale(from: checkpoint)
        restored.random = try checkpoint.random("random")
        restored.reading = try Policy.reading(in: checkpoint)
        try restored.network.restoreGrain(from: checkpoint)
        try restored.restoreShortlists(from: checkpoint)
        restored.replay = try Replay(hyperparameters, isMasked: isMasked, network: network)
        restored.openStreams = []
        try restored.replay.restore(from: checkpoint.part("replay."), network: network)
        let labels = checkpoint.part("labels.")
        if labels.tensors.isEmpty {
            restored.labels = nil
        } else {
            var kept = try Replay(hyperparameters, isMasked: isMasked, network: network, isGrowing: true)
            try kept.restore(from: labels, network: network)
            restored.labels = kept
        }
        try restored.forgetOtherActions(than: checkpoint)
        try restored.adversary?.discriminator.restore(from: checkpoint.part("adversary."))
        self = restored
    }

    /// What is known now of the actions that were done: by the time it is restored they may have become others.
    private func saveActions(to checkpoint: inout Checkpoint) {
        guard let embedding = network.embedding, let features = embedding.features else { return }
        let done = replay.members(of: embedding.component).union(labels?.members(of: embedding.component) ?? [])
        let members = done.sorted()
        checkpoint.put("actions", members)
        checkpoint.put(
            "action_features",
            members.flatMap { features.values[Int($0) * features.width..<(Int($0) + 1) * features.width] })
    }

    private mutating func forgetOtherActions(than checkpoint: Checkpoint) throws(LearningError) {
        // Those of earlier versions of the program do not say.
        guard let embedding = network.embedding, let features = embedding.features, checkpoint["actions"] != nil else {
            return
        }
        let members = try checkpoint.members("actions", of: [embedding.count])
        let rows = try checkpoint.floats("action_features", count: members.count * features.width)
        var others = [Bool](repeating: false, count: embedding.count)
        for (row, member) in members.enumerated() {
            others[Int(member)] = embedding.isOther(Int(member), than: rows, row: row)
        }
        replay.forget(others, of: embedding.component)
        labels?.forget(others, of: embedding.component)
    }

    private mutating func restoreShortlists(from checkpoint: Checkpoint) throws(LearningError) {
        network.featureTransform = try Normalizer.Transform(from: checkpoint, width: network.features?.width)
        adoptShape()
        guard let embedding = network.embedding else { return }
        let members = [embedding.count]
        recent = try checkpoint.members("recent", of: members)
        let ids = try checkpoint.members("candidates", of: members)
        guard Set(ids).count == ids.count, ids.count <= embedding.candidates else {
            throw .invalidCheckpoint("candidates are not all different, or too many")
        }
        if ids.count == embedding.candidates {
            acting?.candidates.restore(ids)
        } else {
            // There were few actions then.
            acting?.draw(wanted: ids, &random)
        }
    }
}

extension Discriminator {
    fileprivate mutating func restore(from checkpoint: Checkpoint) throws(LearningError) {
        var moments: [[Float]] = []
        for index in self.moments.indices {
            moments.append(try checkpoint.floats("moments.\(index)", count: parameterCount))
        }
        restore(
            parameters: try checkpoint.floats("parameters", count: parameterCount), moments: moments,
            updates: try checkpoint.integers("updates", count: 1, in: 0..<Int.max)[0])
    }
}

extension Normalizer {
    func save(to checkpoint: inout Checkpoint) {
        checkpoint.put("observation.count", [count])
        checkpoint.put("observation.mean", mean)
        checkpoint.put("observation.squares", squares)
    }

    init(from checkpoint: Checkpoint, width: Int) throws(LearningError) {
        self.init(
            count: try checkpoint.doubles("observation.count", count: 1)[0],
            mean: try checkpoint.doubles("observation.mean", count: width),
            squares: try checkpoint.doubles("observation.squares", count: width))
    }
}

extension RewardScale {
    func save(to checkpoint: inout Checkpoint) { checkpoint.put("reward_scale", [count, mean, squares]) }

    init(from checkpoint: Checkpoint) throws(LearningError) {
        let values = try checkpoint.doubles("reward_scale", count: 3)
        self.init(count: values[0], mean: values[1], squares: values[2])
    }
}
