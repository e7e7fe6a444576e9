import Gym

/// One run of learning: phase after phase. Whoever calls ``next()`` again and again drives it, on a thread of their
/// choice, and may pause, stop, ask for the policy or take a ``checkpoint`` between any two calls.
public final class Training {
    public let request: TrainingRequest
    public internal(set) var learner: Learner
    /// Whether two evaluations in a row have reached the target return.
    public var isTargetReached: Bool { counts.hits >= 2 }
    /// Which phase is on; the number of phases at the end.
    public internal(set) var phaseIndex = 0
    /// The best policies by their score, best first; later ones first among equals.
    var candidates: [Candidate] = []
    var stage: any Stage
    /// Apart from the learner's, so that evaluating does not change what is learned.
    var random: RandomGenerator
    var counts = Counts()
    /// The same where the phase began.
    var before = Counts()

    /// Whether an evaluation, which may take long, is to be left: ``next()`` and ``decide()`` throw then, and what they were
    /// about is done only in part. Where a checkpoint says, everything can be gone through again.
    public var isInterrupted: @Sendable () -> Bool = { false }

    private let now: () -> Double
    private let hyperparameters: [Hyperparameters]

    /// How many policies stay in the running for the best.
    private static let candidateCount = 3
    /// Steps between two reports of progress.
    private static let reportInterval = 1_000
    /// How many steps in evaluations take a fraction of the time that a step takes from which is learned.
    private static let stepsForOne = 20

    /// What has happened since the training began.
    struct Counts: Sendable {
        var steps = 0
        var episodes = 0
        var updates = 0
        var seconds = 0.0
        /// How many evaluations in a row reached the target return.
        var hits = 0
        /// When the next evaluation is due, in steps, or in updates where no steps are taken.
        var nextLook = 0
        /// Of the latest hundred episodes.
        var returns: [Double] = []
    }

    /// A policy and how it did.
    struct Candidate: Sendable {
        let policy: Policy
        let evaluation: Evaluation
        /// What it is chosen by: its mean return; or how like what was shown it is, or one before it was; or when it was.
        let score: Double
    }

    /// - Parameters:
    ///   - learner: without experience, or after earlier trainings.
    ///   - now: seconds of a clock that never goes back.
    public convenience init(
        _ request: TrainingRequest, _ learner: Learner, now: @escaping () -> Double
    ) throws(LearningError) {
        try self.init(request, learner, phase: 0, now: now)
    }

    init(
        _ request: TrainingRequest, _ learner: Learner, phase: Int, now: @escaping () -> Double
    ) throws(LearningError) {
        try request.check(learner)
        self.request = request
        self.learner = learner
        self.now = now
        phaseIndex = phase
        hyperparameters = try request.phases.indices.map { index throws(LearningError) in
            try request.hyperparameters(ofPhase: index, learner)
        }
        random = RandomGenerator(seed: request.seed)
        if !request.demonstrations.isEmpty { try self.learner.show(request.demonstrations) }
        stage = try Self.begin(request, phase, hyperparameters, &self.learner, &random)
        planLook()
    }

    /// Sets the learner to a phase, and makes what goes through it.
    private static func begin(
        _ request: TrainingRequest, _ index: Int, _ hyperparameters: [Hyperparameters], _ learner: inout Learner,
        _ random: inout RandomGenerator
    ) throws(LearningError) -> any Stage {
        let phase = request.phases[index]
        let own = hyperparameters[index]
        learner.begin(phase.method.objective(own), own, isFirst: index == 0)
        guard phase.kind != .imitate, let environment = request.environment else { return ImitationStage() }
        let vector = try environment.make(count: request.environments(of: phase))
        let seeds = (0..<vector.count).map { _ in UInt64(random.integers(0, Int.max)) }
        do { try vector.reset(seeds: seeds, mask: nil, options: nil) } catch { throw .environment(error) }
        switch phase.method {
        case .dagger:
            guard let expert = phase.expert else { return QuestionStage(vector, &learner) }
            return AggregationStage(vector, expert, &learner)
        case .ppo, .policyGradient:
            let isPlain = phase.method == .policyGradient
            return PolicyStage(vector, &learner, isPlain: isPlain, budget: request.budget(of: phase).steps)
        default: return ValueStage(vector, &learner)
        }
    }

    /// Of this training so far.
    public var steps: Int { counts.steps }
    public var episodes: Int { counts.episodes }
    public var updates: Int { counts.updates }

    /// The phase that is on, the last one at the end.
    public var phase: Phase { request.phases[min(phaseIndex, request.phases.count - 1)] }

    /// The share of the phase's budget that is used up, 0…1.
    private var phaseProgress: Double {
        let budget = request.budget(of: phase)
        func share(_ count: Int, of limit: Int?) -> Double { limit.map { Double(count) / Double($0) } ?? 0 }
        let shares = [
            share(counts.steps - before.steps, of: budget.steps),
            share(counts.episodes - before.episodes, of: budget.episodes),
            share(counts.updates - before.updates, of: budget.updates),
            budget.seconds.map { (counts.seconds - before.seconds) / $0 } ?? 0,
        ]
        return min(shares.max() ?? 0, 1)
    }

    /// The share of all phases that is done, 0…1.
    public var progress: Double {
        guard phaseIndex < request.phases.count else { return 1 }
        return (Double(phaseIndex) + phaseProgress) / Double(request.phases.count)
    }

    public var isFinished: Bool { isTargetReached || progress >= 1 }

    /// Goes on until there is something to tell.
    /// - Returns: what there is to tell; nothing when the budget is used up, the target is reached, or it waits.
    public func next() throws(LearningError) -> [TrainingEvent] {
        while !isFinished && !isWaiting {
            let events = try advance()
            if !events.isEmpty { return events }
        }
        return []
    }

    /// What it would have somebody answer.
    public var questions: [Question] { (stage as? QuestionStage)?.questions ?? [] }

    /// Whether it does not go on before more questions are answered.
    public var isWaiting: Bool { (stage as? QuestionStage)?.isWaiting ?? false }

    /// Takes in what to do in the state of an open question: one row of the action space's lanes.
    public func answer(_ id: Int, _ action: Lanes) {
        guard var asking = stage as? QuestionStage else { return }
        asking.answer(id, action, learner.network.action)
        stage = asking
    }

    /// Whether policies are chosen by what they get from the environment. Where rewards come from demonstrations they are
    /// not: then the latest counts, but where the training ends with `sqil`, the one that is most like what was shown: once it
    /// does as experts do, its own steps teach it that this is worth nothing, and it may lose what it had.
    public var isJudged: Bool { !request.phases.contains { $0.kind == .adversarial } }

    /// The best policy so far; before the first evaluation, the one of now.
    public var policy: Policy { candidates.first?.policy ?? learner.policy }

    /// How ``policy`` did when it was evaluated.
    public var evaluation: Evaluation? { candidates.first?.evaluation }

    /// Decides among the best policies so far and the one of now by more episodes, all on the same seeds: a single
    /// evaluation is noisy, and the best of many is lucky. Afterwards ``policy`` is the winner.
    public func decide() throws(LearningError) {
        guard request.environment != nil else { return }
        if candidates.first(where: { $0.policy.updates == learner.updates }) == nil {
            let latest = try makeCandidate()
            if isJudged { candidates.append(latest) } else { _ = consider(latest) }
        }
        guard isJudged else { return }
        let evaluations = try evaluate(candidates.map(\.policy), seeds(3 * request.evaluationEpisodes))
        candidates = zip(candidates, evaluations)
            .map { Candidate(policy: $0.policy, evaluation: $1, score: $1.mean) }
            .sorted(by: Self.isBetter)
    }

    /// One move of the stage, and what is due after it.
    private func advance() throws(LearningError) -> [TrainingEvent] {
        let (start, earlier) = (now(), counts)
        let move = try stage.advance(&learner, progress: phaseProgress)
        guard !learner.hasDiverged else { throw .diverged(updates: learner.updates) }
        counts.steps += move.steps
        counts.updates += move.updates
        counts.seconds += now() - start
        var events = move.episodes.map { note($0) }
        let isOver = phaseProgress >= 1
        let (clock, before) = (clock(counts), clock(earlier))
        if isOver || clock / Self.reportInterval > before / Self.reportInterval { events.append(.progress(report())) }
        if isOver || clock >= counts.nextLook, request.environment != nil { events.append(.evaluation(try judge())) }
        if isOver && !isTargetReached { events += try beginNextPhase() }
        return events
    }

    /// What evaluations go by: steps, or updates where no steps are taken.
    private func clock(_ counts: Counts) -> Int { phase.kind == .imitate ? counts.updates : counts.steps }

    /// Finds out when to evaluate next: soon where the latest evaluation reached the target, since the next one decides, or
    /// where it took few steps, as it costs little.
    func planLook(after evaluation: Evaluation? = nil) {
        let intervals = request.intervals(of: phase)
        let unit = intervals.lowerBound
        let price = (evaluation?.lengths.reduce(0, +) ?? 0) / Self.stepsForOne
        let wait = counts.hits > 0 ? unit : min((price + unit - 1) / unit * unit, intervals.upperBound)
        counts.nextLook = clock(counts) / unit * unit + max(wait, unit)
    }

    private func beginNextPhase() throws(LearningError) -> [TrainingEvent] {
        phaseIndex += 1
        counts.hits = 0
        before = counts
        guard phaseIndex < request.phases.count else { return [] }
        if !isJudged { candidates.removeAll() }
        stage = try Self.begin(request, phaseIndex, hyperparameters, &learner, &random)
        planLook()
        return [.phase(phaseIndex)]
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
            phase: min(phaseIndex, request.phases.count - 1), meanReturn: mean, exploration: learner.exploration,
            metrics: learner.takeMetrics())
    }

    private func judge() throws(LearningError) -> TrainingEvent.Judgement {
        let candidate = try makeCandidate()
        let mean = candidate.evaluation.mean
        let isBest = consider(candidate)
        if let target = request.targetReturn { counts.hits = mean >= target ? counts.hits + 1 : 0 }
        planLook(after: candidate.evaluation)
        return TrainingEvent.Judgement(
            steps: counts.steps, updates: counts.updates, phase: phaseIndex, evaluation: candidate.evaluation,
            isBest: isBest)
    }

    /// Puts a policy in the running.
    /// - Returns: whether it is the best so far.
    private func consider(_ candidate: Candidate) -> Bool {
        let best = candidates.first?.score ?? -.infinity
        guard !isJudged else {
            candidates = Array((candidates + [candidate]).sorted(by: Self.isBetter).prefix(Self.candidateCount))
            return candidate.score >= best
        }
        guard candidate.score >= best else { return false }
        candidates = [candidate]
        return true
    }

    /// The policy of now, and how it does.
    private func makeCandidate() throws(LearningError) -> Candidate {
        let policy = learner.policy
        let evaluation = try evaluate([policy], seeds())[0]
        let mayStray = request.phases.last?.method == .sqil
        let likeness = isJudged || !mayStray ? nil : policy.likeness(to: request.demonstrations)
        return Candidate(
            policy: policy, evaluation: evaluation,
            score: isJudged ? evaluation.mean : likeness ?? Double(policy.updates))
    }

    private static func isBetter(_ left: Candidate, _ right: Candidate) -> Bool {
        (left.score, left.policy.updates) > (right.score, right.policy.updates)
    }

    private func seeds(_ count: Int? = nil) -> [UInt64] {
        (0..<(count ?? request.evaluationEpisodes)).map { _ in UInt64(random.integers(0, Int.max)) }
    }

    private func evaluate(_ policies: [Policy], _ seeds: [UInt64]) throws(LearningError) -> [Evaluation] {
        guard let environment = request.environment else { preconditionFailure("nothing is judged without a world") }
        return try Evaluation.of(policies, in: environment, seeds: seeds, isInterrupted: isInterrupted)
    }
}
