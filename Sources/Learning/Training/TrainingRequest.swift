import Gym

/// What a training is asked to do.
public struct TrainingRequest: Sendable {
    /// When to stop: at whichever is reached first. Without any, after ``defaultSteps``.
    public struct Budget: Sendable, Equatable {
        public static let defaultSteps = 200_000

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
        public var resolved: Budget {
            steps == nil && episodes == nil && updates == nil && seconds == nil
                ? Budget(steps: Self.defaultSteps) : self
        }
    }

    public var environment: EnvironmentRequest
    /// How many environments run side by side.
    public var numEnvs: Int
    public var budget: Budget
    /// The mean return at which to stop, once two evaluations in a row have reached it.
    public var targetReturn: Double?
    /// Steps between evaluations; nil for a twentieth of the budget's steps, but 1,000 to 5,000.
    public var evaluationInterval: Int?
    /// Episodes in an evaluation.
    public var evaluationEpisodes: Int
    /// Seeds the environments and the evaluations.
    public var seed: UInt64

    public init(
        environment: EnvironmentRequest, numEnvs: Int = 1, budget: Budget = Budget(), targetReturn: Double? = nil,
        evaluationInterval: Int? = nil, evaluationEpisodes: Int = 100, seed: UInt64 = 0
    ) {
        self.environment = environment
        self.numEnvs = numEnvs
        self.budget = budget
        self.targetReturn = targetReturn
        self.evaluationInterval = evaluationInterval
        self.evaluationEpisodes = evaluationEpisodes
        self.seed = seed
    }

    /// Steps between evaluations.
    public var interval: Int {
        evaluationInterval ?? min(max((budget.resolved.steps ?? Budget.defaultSteps) / 20, 1_000), 5_000)
    }

    func check(_ learner: Learner) throws(LearningError) {
        func require(_ condition: Bool, _ name: String, _ reason: String) throws(LearningError) {
            guard condition else { throw .invalidRequest(name: name, reason: reason) }
        }
        try require(budget.steps.map { $0 > 0 } ?? true, "steps", "expected at least 1")
        try require(budget.episodes.map { $0 > 0 } ?? true, "episodes", "expected at least 1")
        try require(budget.updates.map { $0 > 0 } ?? true, "updates", "expected at least 1")
        try require(budget.seconds.map { $0 > 0 } ?? true, "seconds", "expected more than 0")
        try require(interval > 0, "evaluate.interval", "expected at least 1")
        try require(evaluationEpisodes > 0, "evaluate.num_episodes", "expected at least 1")
        let most = learner.hyperparameters.replayCapacity / (2 * (learner.hyperparameters.nStep + 1))
        try require((1...max(most, 1)).contains(numEnvs), "num_envs", "expected 1 to \(most) for this replay_capacity")
    }
}
