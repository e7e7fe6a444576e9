import Gym

extension Training {
    /// Everything the training must remember to go on bit for bit.
    public var checkpoint: Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.put("learner.", learner.checkpoint)
        checkpoint.put("phase", [phaseIndex])
        checkpoint.put("counts", [counts.steps, counts.episodes, counts.updates, counts.hits])
        checkpoint.put("look", [counts.nextLook])
        checkpoint.put("before", [before.steps, before.episodes, before.updates])
        checkpoint.put("seconds", [counts.seconds, before.seconds])
        checkpoint.put("returns", counts.returns)
        checkpoint.put("random", random)
        stage.save(to: &checkpoint)
        for (index, candidate) in candidates.enumerated() {
            checkpoint.put("candidates.\(index).", candidate.policy.checkpoint)
            checkpoint.put("candidates.\(index).seeds", candidate.evaluation.seeds)
            checkpoint.put("candidates.\(index).returns", candidate.evaluation.returns)
            checkpoint.put("candidates.\(index).lengths", candidate.evaluation.lengths)
            checkpoint.put("candidates.\(index).score", [candidate.score])
        }
        checkpoint.put("candidates", [candidates.count])
        return checkpoint
    }

    /// Goes on where the training of `checkpoint` was, which had the same request, spaces and hyperparameters.
    /// - Parameter learner: of the same spaces and hyperparameters; whatever it holds is replaced.
    /// - Throws: ``LearningError/invalidCheckpoint(_:)``.
    public convenience init(
        resuming checkpoint: Checkpoint, _ request: TrainingRequest, _ learner: Learner, now: @escaping () -> Double
    ) throws(LearningError) {
        let phase = try checkpoint.integers("phase", count: 1, in: 0..<request.phases.count + 1)[0]
        try self.init(request, learner, phase: min(phase, request.phases.count - 1), now: now)
        phaseIndex = phase
        try self.learner.restore(from: checkpoint.part("learner."))
        let numbers = try checkpoint.integers("counts", count: 4, in: 0..<Int.max)
        (counts.steps, counts.episodes, counts.updates, counts.hits) = (numbers[0], numbers[1], numbers[2], numbers[3])
        // Checkpoints had none while evaluations came at one distance.
        if checkpoint["look"] == nil {
            planLook()
        } else {
            counts.nextLook = try checkpoint.integers("look", count: 1, in: 0..<Int.max)[0]
        }
        let earlier = try checkpoint.integers("before", count: 3, in: 0..<Int.max)
        (before.steps, before.episodes, before.updates) = (earlier[0], earlier[1], earlier[2])
        let seconds = try checkpoint.doubles("seconds", count: 2)
        (counts.seconds, before.seconds) = (seconds[0], seconds[1])
        counts.returns = try checkpoint.doubles("returns")
        random = try checkpoint.random("random")
        try stage.restore(from: checkpoint, &self.learner)
        for index in 0..<(try checkpoint.integers("candidates", count: 1, in: 0..<100)[0]) {
            let part = checkpoint.part("candidates.\(index).")
            let returns = try part.doubles("returns")
            let score = try part.doubles("score", count: 1)[0]
            candidates.append(
                Candidate(
                    policy: try Policy(learner.network, learner.hyperparameters, from: part),
                    evaluation: Evaluation(
                        seeds: try part.integers("seeds", count: returns.count, in: 0..<Int.max).map(UInt64.init),
                        returns: returns,
                        lengths: try part.integers("lengths", count: returns.count, in: 0..<Int.max)),
                    score: score))
        }
    }
}

extension Collector {
    /// The environments, and where each is in the replay.
    func save(to checkpoint: inout Checkpoint) {
        guard vector.isSavable else { return }
        var writer = StateWriter()
        vector.save(to: &writer)
        checkpoint.put("environments", writer.bytes)
        checkpoint.put("streams.current", streams.map { $0.steps.current ?? -1 })
        checkpoint.put("streams.pending", streams.flatMap(\.steps.pending))
        checkpoint.put("streams.pending_counts", streams.map(\.steps.pending.count))
        checkpoint.put("streams.sums", streams.map(\.sum))
    }

    /// Environments that could not be saved begin episodes anew, as they already have: those that were on are lost.
    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError) {
        guard vector.isSavable else { return begin(&learner) }
        var reader = StateReader(try checkpoint.bytes("environments"))
        do { try vector.restore(from: &reader) } catch { throw .environment(error) }
        let written = learner.replay.written
        let current = try checkpoint.integers("streams.current", count: streams.count, in: -1..<written)
        let counts = try checkpoint.integers("streams.pending_counts", count: streams.count, in: 0..<written + 1)
        var pending = try checkpoint.integers("streams.pending", count: counts.reduce(0, +), in: 0..<written)[...]
        let sums = try checkpoint.doubles("streams.sums", count: streams.count)
        for index in streams.indices {
            streams[index].steps = Replay.Stream(
                current: current[index] < 0 ? nil : current[index], pending: Array(pending.prefix(counts[index])))
            streams[index].sum = sums[index]
            pending = pending.dropFirst(counts[index])
        }
        look(learner)
    }
}
