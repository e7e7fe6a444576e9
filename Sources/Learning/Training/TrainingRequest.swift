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
    /// Steps between evaluations; nil for a twentieth of the budget's steps, but at least 1,000.
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
}
