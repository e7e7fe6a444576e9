import Gym

/// How a phase of a training goes on.
protocol Stage {
    /// Goes on by as little as can be: a step of the environments and the updates that it pays for, or some updates.
    /// - Parameter progress: how much of the phase is done, 0…1: schedules go by it.
    mutating func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move

    /// Everything it must remember to go on bit for bit.
    func save(to checkpoint: inout Checkpoint)
    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError)
}

/// What one move of a stage came to.
struct Move {
    var steps = 0
    var updates = 0
    var episodes: [Episode] = []
}

/// Learning from demonstrations alone.
struct ImitationStage: Stage {
    func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move {
        // The labels that it was to learn from may not have come.
        guard learner.isReady else {
            throw .invalidRequest(name: "demonstrations", reason: "nothing was shown or labelled that can be imitated")
        }
        learner.update(progress: progress)
        return Move(updates: 1)
    }

    func save(to checkpoint: inout Checkpoint) {}
    func restore(from checkpoint: Checkpoint, _ learner: inout Learner) {}
}

/// Q-learning from what the exploration policy comes across.
struct ValueStage: Stage {
    private var collector: Collector

    init(_ vector: any VectorEnvironment, _ learner: inout Learner) {
        collector = Collector(vector, learner)
        collector.begin(&learner)
    }

    mutating func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move {
        collector.choose(&learner)
        var move = Move(steps: collector.streams.count, episodes: try collector.step(learner))
        collector.record(&learner)
        move.updates = learner.payUpdates(progress: progress)
        return move
    }

    func save(to checkpoint: inout Checkpoint) { collector.save(to: &checkpoint) }

    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError) {
        try collector.restore(from: checkpoint, &learner)
    }
}

/// Acting, and learning what an expert would do in the states that come up. The expert acts itself now and then, less as
/// learning goes on: one who only ever watches a beginner sees it fail the same way again and again.
struct AggregationStage: Stage {
    private var collector: Collector
    private let expert: any Expert
    private var labels: [Int32]

    init(_ vector: any VectorEnvironment, _ expert: any Expert, _ learner: inout Learner) {
        self.expert = expert
        collector = Collector(vector, learner)
        collector.begin(&learner)
        labels = collector.choices
    }

    mutating func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move {
        let (vector, count) = (collector.vector, collector.streams.count)
        let actions = expert.act(vector.observations, rows: count, masks: vector.actionMasks)
        learner.network.action.encode(actions, rows: count, to: &labels)
        collector.choose(&learner, .greedy)
        let mixing = learner.hyperparameters.expertMixing * (1 - progress)
        for row in 0..<count {
            try learner.label(collector.states, labels, row: row)
            if learner.random.random() < mixing { collector.take(labels, row: row) }
        }
        var move = Move(steps: count, episodes: try collector.step(learner))
        collector.record(&learner)
        move.updates = learner.payUpdates(progress: progress)
        return move
    }

    func save(to checkpoint: inout Checkpoint) { collector.save(to: &checkpoint) }

    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError) {
        try collector.restore(from: checkpoint, &learner)
    }
}
