import Gym

/// One run of learning in an environment: whoever calls ``next()`` again and again drives it, on a thread of their
/// choice, and may stop, pause or take a ``checkpoint`` between any two calls.
public final class Training {
    public let request: TrainingRequest
    public private(set) var learner: Learner
    /// The best policy so far by evaluation, and how it did.
    public private(set) var best: (policy: Policy, evaluation: Evaluation)?
    /// Whether two evaluations in a row have reached the target return.
    public private(set) var isTargetReached = false

    private let budget: TrainingRequest.Budget
    private let interval: Int
    private let now: () -> Double
    private var collector: Collector
    private var events: [TrainingEvent] = []
    /// Apart from the learner's, so that evaluating does not change what is learned.
    private var random: RandomGenerator
    private var counts = Counts()

    /// What has happened since the training began.
    private struct Counts {
        var steps = 0
        var episodes = 0
        var updates = 0
        var seconds = 0.0
        /// Steps that updates are still owed for.
        var owed = 0
        var hits = 0
        var returns: [Double] = []
    }

    /// - Parameters:
    ///   - learner: from its first experience or after earlier trainings.
    ///   - now: seconds of a clock that never goes back.
    public init(_ request: TrainingRequest, _ learner: Learner, now: @escaping () -> Double) throws(LearningError) {
        self.request = request
        self.learner = learner
        self.now = now
        budget = request.budget.resolved
        interval = request.evaluationInterval ?? max(1_000, (budget.steps ?? TrainingRequest.Budget.defaultSteps) / 20)
        var random = RandomGenerator(seed: request.seed)
        let vector = try request.environment.make(count: request.numEnvs)
        let seeds = (0..<request.numEnvs).map { _ in UInt64(random.integers(0, Int.max)) }
        do { try vector.reset(seeds: seeds, mask: nil, options: nil) } catch { throw .environment(error) }
        self.random = random
        collector = Collector(vector, learner)
        collector.begin(&self.learner)
    }

    /// The share of the budget that is used up, 0…1.
    public var progress: Double {
        func share(_ count: Int, of limit: Int?) -> Double { limit.map { Double(count) / Double(max($0, 1)) } ?? 0 }
        let shares = [
            share(counts.steps, of: budget.steps), share(counts.episodes, of: budget.episodes),
            share(counts.updates, of: budget.updates), budget.seconds.map { counts.seconds / max($0, 1e-9) } ?? 0,
        ]
        return min(shares.max() ?? 0, 1)
    }

    public var isFinished: Bool { isTargetReached || progress >= 1 }

    /// Goes on until there is something to tell.
    /// - Returns: nil when the budget is used up or the target is reached.
    public func next() throws(LearningError) -> TrainingEvent? {
        while events.isEmpty && !isFinished { try advance() }
        return events.isEmpty ? nil : events.removeFirst()
    }

    /// One step of all environments, the updates that it pays for, and what else is due.
    private func advance() throws(LearningError) {
        let start = now()
        let before = counts.steps
        let ended = try collector.step(&learner)
        counts.steps += request.numEnvs
        for episode in ended { note(episode) }
        learn()
        counts.seconds += now() - start
        if counts.steps / interval > before / interval || isFinished { try evaluate() }
        if counts.steps / 1_000 > before / 1_000 { report() }
    }

    private func learn() {
        guard learner.isReady else { return }
        counts.owed += request.numEnvs
        while counts.owed >= learner.hyperparameters.trainFrequency {
            counts.owed -= learner.hyperparameters.trainFrequency
            for _ in 0..<learner.hyperparameters.gradientSteps {
                learner.update(progress: progress)
                counts.updates += 1
            }
        }
    }

    private func note(_ episode: Episode) {
        counts.episodes += 1
        if counts.returns.count == 100 { counts.returns.removeFirst() }
        counts.returns.append(episode.episodeReturn)
        events.append(
            .episode(
                TrainingEvent.Episode(
                    number: counts.episodes, steps: counts.steps, episodeReturn: episode.episodeReturn,
                    length: episode.length)))
    }

    private func report() {
        let mean = counts.returns.isEmpty ? nil : counts.returns.reduce(0, +) / Double(counts.returns.count)
        events.append(
            .progress(
                TrainingEvent.Progress(
                    steps: counts.steps, episodes: counts.episodes, updates: counts.updates, fraction: progress,
                    meanReturn: mean, exploration: learner.exploration, metrics: learner.takeMetrics())))
    }

    private func evaluate() throws(LearningError) {
        let policy = learner.policy
        let seeds = (0..<request.evaluationEpisodes).map { _ in UInt64(random.integers(0, Int.max)) }
        let evaluation = try Evaluation(of: policy, in: request.environment, seeds: seeds, random: &random)
        let isBest = best.map { evaluation.mean >= $0.evaluation.mean } ?? true
        if isBest { best = (policy, evaluation) }
        if let target = request.targetReturn {
            counts.hits = evaluation.mean >= target ? counts.hits + 1 : 0
            isTargetReached = counts.hits >= 2
        }
        events.append(
            .evaluation(
                TrainingEvent.EvaluationReport(
                    steps: counts.steps, updates: counts.updates, evaluation: evaluation, isBest: isBest)))
    }
}
