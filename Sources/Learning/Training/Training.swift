import Gym

/// One run of learning in an environment. Whoever calls ``next()`` again and again drives it, on a thread of their
/// choice, and may pause, stop, ask for the policy or take a ``checkpoint`` between any two calls.
public final class Training {
    public let request: TrainingRequest
    public internal(set) var learner: Learner
    /// Whether two evaluations in a row have reached the target return.
    public var isTargetReached: Bool { counts.hits >= 2 }
    /// The best policies by evaluation, best first; later ones first among equals.
    var candidates: [Candidate] = []
    var collector: Collector
    /// Apart from the learner's, so that evaluating does not change what is learned.
    var random: RandomGenerator
    var counts = Counts()

    private let budget: TrainingRequest.Budget
    private let interval: Int
    private let now: () -> Double

    /// How many policies stay in the running for the best.
    private static let candidateCount = 3
    /// Steps between two reports of progress.
    private static let reportInterval = 1_000

    /// What has happened since the training began.
    struct Counts: Sendable {
        var steps = 0
        var episodes = 0
        var updates = 0
        var seconds = 0.0
        /// How many evaluations in a row reached the target return.
        var hits = 0
        /// Of the latest hundred episodes.
        var returns: [Double] = []
    }

    /// A policy and how it did.
    struct Candidate: Sendable {
        let policy: Policy
        let evaluation: Evaluation
    }

    /// - Parameters:
    ///   - learner: without experience, or after earlier trainings.
    ///   - now: seconds of a clock that never goes back.
    public init(_ request: TrainingRequest, _ learner: Learner, now: @escaping () -> Double) throws(LearningError) {
        try request.check(learner)
        self.request = request
        self.learner = learner
        self.now = now
        budget = request.budget.resolved
        interval = request.interval
        var random = RandomGenerator(seed: request.seed)
        let vector = try request.environment.make(count: request.numEnvs)
        let seeds = (0..<request.numEnvs).map { _ in UInt64(random.integers(0, Int.max)) }
        do { try vector.reset(seeds: seeds, mask: nil, options: nil) } catch { throw .environment(error) }
        self.random = random
        collector = Collector(vector, learner)
        collector.begin(&self.learner)
    }

    /// Of this training so far.
    public var steps: Int { counts.steps }
    public var episodes: Int { counts.episodes }
    public var updates: Int { counts.updates }

    /// The share of the budget that is used up, 0…1.
    public var progress: Double {
        func share(_ count: Int, of limit: Int?) -> Double { limit.map { Double(count) / Double($0) } ?? 0 }
        let shares = [
            share(counts.steps, of: budget.steps), share(counts.episodes, of: budget.episodes),
            share(counts.updates, of: budget.updates), budget.seconds.map { counts.seconds / $0 } ?? 0,
        ]
        return min(shares.max() ?? 0, 1)
    }

    public var isFinished: Bool { isTargetReached || progress >= 1 }

    /// Goes on until there is something to tell.
    /// - Returns: what there is to tell; nothing when the budget is used up or the target is reached.
    public func next() throws(LearningError) -> [TrainingEvent] {
        while !isFinished {
            let events = try advance()
            if !events.isEmpty { return events }
        }
        return []
    }

    /// The best policy so far, by evaluation; before the first, the one of now.
    public var policy: Policy { candidates.first?.policy ?? learner.policy }

    /// How ``policy`` did when it was evaluated.
    public var evaluation: Evaluation? { candidates.first?.evaluation }

    /// Decides among the best policies so far and the one of now by more episodes, all on the same seeds: a single
    /// evaluation is noisy, and the best of many is lucky. Afterwards ``policy`` is the winner.
    public func decide() throws(LearningError) {
        if candidates.first(where: { $0.policy.updates == learner.updates }) == nil {
            candidates.append(Candidate(policy: learner.policy, evaluation: try evaluate(learner.policy, seeds())))
        }
        let seeds = seeds(3 * request.evaluationEpisodes)
        var decided: [Candidate] = []
        for candidate in candidates {
            decided.append(Candidate(policy: candidate.policy, evaluation: try evaluate(candidate.policy, seeds)))
        }
        candidates = decided.sorted(by: Self.isBetter)
    }

    /// One step of all environments, the updates that it pays for, and what else is due.
    private func advance() throws(LearningError) -> [TrainingEvent] {
        let (start, before) = (now(), counts.steps)
        var events = try collector.step(&learner).map { note($0) }
        counts.steps += request.numEnvs
        while learner.pendingUpdates > 0 {
            learner.update(progress: progress)
            counts.updates += 1
        }
        counts.seconds += now() - start
        func isDue(_ interval: Int) -> Bool { counts.steps / interval > before / interval || isFinished }
        if isDue(Self.reportInterval) { events.append(.progress(report())) }
        if isDue(interval) { events.append(.evaluation(try judge())) }
        return events
    }

    private func note(_ episode: Episode) -> TrainingEvent {
        counts.episodes += 1
        if counts.returns.count == 100 { counts.returns.removeFirst() }
        counts.returns.append(episode.episodeReturn)
        return .episode(
            TrainingEvent.Episode(
                number: counts.episodes, steps: counts.steps, episodeReturn: episode.episodeReturn,
                length: episode.length))
    }

    private func report() -> TrainingEvent.Progress {
        let mean = counts.returns.isEmpty ? nil : counts.returns.reduce(0, +) / Double(counts.returns.count)
        return TrainingEvent.Progress(
            steps: counts.steps, episodes: counts.episodes, updates: counts.updates, fraction: progress,
            meanReturn: mean, exploration: learner.exploration, metrics: learner.takeMetrics())
    }

    private func judge() throws(LearningError) -> TrainingEvent.Judgement {
        let candidate = Candidate(policy: learner.policy, evaluation: try evaluate(learner.policy, seeds()))
        let mean = candidate.evaluation.mean
        let isBest = candidates.first.map { mean >= $0.evaluation.mean } ?? true
        candidates = Array((candidates + [candidate]).sorted(by: Self.isBetter).prefix(Self.candidateCount))
        if let target = request.targetReturn { counts.hits = mean >= target ? counts.hits + 1 : 0 }
        return TrainingEvent.Judgement(
            steps: counts.steps, updates: counts.updates, evaluation: candidate.evaluation, isBest: isBest)
    }

    private static func isBetter(_ left: Candidate, _ right: Candidate) -> Bool {
        (left.evaluation.mean, left.policy.updates) > (right.evaluation.mean, right.policy.updates)
    }

    private func seeds(_ count: Int? = nil) -> [UInt64] {
        (0..<(count ?? request.evaluationEpisodes)).map { _ in UInt64(random.integers(0, Int.max)) }
    }

    private func evaluate(_ policy: Policy, _ seeds: [UInt64]) throws(LearningError) -> Evaluation {
        var random = RandomGenerator(seed: 0)
        return try Evaluation(of: policy, in: request.environment, seeds: seeds, random: &random)
    }
}
