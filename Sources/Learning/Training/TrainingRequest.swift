import Gym
import Neural

/// What a training is asked to do.
public struct TrainingRequest: Sendable {
    /// When to stop: at whichever is reached first. Without any, after ``defaultSteps``, or ``defaultUpdates`` where no
    /// steps are taken.
    public struct Budget: Sendable, Equatable {
        public static let defaultSteps = 200_000
        public static let defaultUpdates = 10_000

        /// Steps of all environments together.
        public var steps: Int?
        public var episodes: Int?
        public var updates: Int?
        public var seconds: Double?

        public init(steps: Int? = nil, episodes: Int? = nil, updates: Int? = nil, seconds: Double? = nil) {
            self.steps = steps
            self.episodes = episodes
            self.updates = updates
            self.seconds = seconds
        }

        /// The same with the default cap where nothing is given.
        public var resolved: Budget { resolved(.reinforce) }

        func resolved(_ kind: Phase.Kind) -> Budget {
            guard steps == nil && episodes == nil && updates == nil && seconds == nil else { return self }
            return kind == .imitate ? Budget(updates: Self.defaultUpdates) : Budget(steps: Self.defaultSteps)
        }
    }

    /// Where to act and to be judged; nil where every phase learns from demonstrations alone.
    public var environment: EnvironmentRequest?
    /// How many environments run side by side; nil for 1, or 8 where a policy learns from its own steps alone.
    public var numEnvs: Int?
    /// Of each phase that has none of its own.
    public var budget: Budget
    public var phases: [Phase]
    /// What experts showed.
    public var demonstrations: [Trajectory]
    /// The mean return at which to stop, once two evaluations in a row have reached it.
    public var targetReturn: Double?
    /// Steps between evaluations; nil for 1,000 to 5,000, more where evaluations take long, but no more than a twentieth of
    /// the budget.
    public var evaluationInterval: Int?
    /// Episodes in an evaluation.
    public var evaluationEpisodes: Int
    /// Seeds the environments and the evaluations.
    public var seed: UInt64

    public init(
        environment: EnvironmentRequest?, numEnvs: Int? = nil, budget: Budget = Budget(),
        phases: [Phase] = [Phase(.q)], demonstrations: [Trajectory] = [], targetReturn: Double? = nil,
        evaluationInterval: Int? = nil, evaluationEpisodes: Int = 100, seed: UInt64 = 0
    ) {
        self.environment = environment
        self.numEnvs = numEnvs
        self.budget = budget
        self.phases = phases
        self.demonstrations = demonstrations
        self.targetReturn = targetReturn
        self.evaluationInterval = evaluationInterval
        self.evaluationEpisodes = evaluationEpisodes
        self.seed = seed
    }

    /// Steps between the evaluations of a phase, at least and at most; updates where no steps are taken.
    func intervals(of phase: Phase) -> ClosedRange<Int> {
        let budget = budget(of: phase)
        guard phase.kind != .imitate else {
            let interval = max((budget.updates ?? Budget.defaultUpdates) / 10, 100)
            return interval...interval
        }
        if let evaluationInterval { return evaluationInterval...evaluationInterval }
        let isHosted = environment?.spec.isHosted == true
        let share = (budget.steps ?? Budget.defaultSteps) / 20
        let longest = min(max(share, 1_000), isHosted ? 10_000 : 5_000)
        // Where another process hosts the environment, its steps are what takes long.
        return (isHosted ? longest : 1_000)...longest
    }

    /// What a phase may use up.
    func budget(of phase: Phase) -> Budget { phase.budget(within: budget, among: phases) }

    /// How many environments a phase acts in.
    func environments(of phase: Phase) -> Int { numEnvs ?? (phase.method.isOnPolicy ? 8 : 1) }

    func check(_ learner: Learner) throws(LearningError) {
        func require(_ condition: Bool, _ name: String, _ reason: String) throws(LearningError) {
            guard condition else { throw .invalidRequest(name: name, reason: reason) }
        }
        func check(_ budget: Budget, _ prefix: String) throws(LearningError) {
            try require(budget.steps.map { $0 > 0 } ?? true, prefix + "steps", "expected at least 1")
            try require(budget.episodes.map { $0 > 0 } ?? true, prefix + "episodes", "expected at least 1")
            try require(budget.updates.map { $0 > 0 } ?? true, prefix + "updates", "expected at least 1")
            try require(budget.seconds.map { $0 > 0 } ?? true, prefix + "seconds", "expected more than 0")
        }
        try check(budget, "")
        try require(!phases.isEmpty, "phases", "expected at least one")
        for (index, phase) in phases.enumerated() {
            let place = "phases/\(index)/"
            try checkMemory(
                of: phase, learner, try hyperparameters(ofPhase: index, learner), at: place + "hyperparameters/")
            try require(
                learner.network.embedding == nil || !phase.method.hasDiscriminator, place + "method",
                "what tells experts' steps from one's own looks at each action: of so many, use \"sqil\"")
            if let own = phase.budget {
                try check(own, place)
                let acts = own.steps != nil || own.episodes != nil
                try require(
                    phase.kind != .imitate || !acts, place + (own.steps != nil ? "steps" : "episodes"),
                    "an imitate phase takes no steps: its budget is \"updates\" or \"seconds\"")
            }
            try require(
                phase.kind == .imitate || environment != nil, "env_id",
                "a phase \"\(phase.kind.rawValue)\" needs an environment to act in")
            // An episode without a step shows nothing, and labels are no steps to be like.
            let isShown = learner.demonstrations != nil || demonstrations.contains { $0.length > 0 }
            let isLabelled = learner.shownCount > 0 || phases[..<index].contains { $0.kind == .aggregate }
            try require(
                isShown || (phase.kind == .imitate ? isLabelled : phase.kind != .adversarial), "demonstrations",
                "a phase \"\(phase.kind.rawValue)\" needs demonstrations")
        }
        try require(evaluationInterval.map { $0 > 0 } ?? true, "evaluate/every_steps", "expected at least 1")
        try require(evaluationEpisodes > 0, "evaluate/num_episodes", "expected at least 1")
        var longest = learner.hyperparameters.nStep
        for index in phases.indices { longest = max(longest, try hyperparameters(ofPhase: index, learner).nStep) }
        let most = learner.hyperparameters.replayCapacity / (2 * (longest + 1))
        try require(
            numEnvs.map { (1...max(most, 1)).contains($0) } ?? true, "num_envs",
            "expected 1 to \(most) for this replay_capacity")
    }

    /// The learner's with what a phase asks for.
    func hyperparameters(ofPhase index: Int, _ learner: Learner) throws(LearningError) -> Hyperparameters {
        do {
            let phase = phases[index]
            let own = try phase.method.defaults(from: learner.hyperparameters).overridden(by: phase.hyperparameters)
            try own.check(learner.network)
            return own
        } catch {
            guard case .invalidHyperparameter(let name, let reason, _) = error else { throw error }
            throw .invalidHyperparameter(name: name, reason: reason, phase: index)
        }
    }

    /// No phase may take more memory than an agent's replay.
    private func checkMemory(
        of phase: Phase, _ learner: Learner, _ hyperparameters: Hyperparameters, at place: String
    ) throws(LearningError) {
        let network = learner.network
        let widest = max(hyperparameters.hiddenSizes.max() ?? 1, network.head.width)
        let masked = learner.isMasked ? network.action.head.members : 0
        let (limit, lanes) = (1 << 26, network.observation.width + network.action.components.count + masked + 8)
        if phase.method.isOnPolicy {
            let rows = environments(of: phase) * hyperparameters.policyGradient.rolloutSteps
            let most = limit / max(lanes, phase.method == .ppo ? 1 : widest)
            guard rows <= most else {
                throw .invalidRequest(
                    name: place + "policy_gradient/rollout_steps",
                    reason:
                        "at most \(most / environments(of: phase)) steps of \(environments(of: phase)) environments fit"
                )
            }
        }
        if phase.method.hasDiscriminator {
            let inputs =
                network.observation.numbers + network.observation.categories.reduce(0, +) + network.head.members
            let first = hyperparameters.adversarial.hiddenSizes.first ?? 1
            guard inputs * first <= 1 << 22 else {
                throw .invalidRequest(
                    name: place + "adversarial/hidden_sizes",
                    reason: "with these spaces at most \((1 << 22) / inputs) units are supported in the first layer")
            }
        }
    }
}
