import Gym

/// One part of a training: what it learns from and how, and for how long.
public struct Phase: Sendable {
    /// What a phase is for, in the order of the imitative workflow.
    public enum Kind: String, Sendable, CaseIterable {
        /// Learns from demonstrations alone, without an environment.
        case imitate
        /// Acts, and learns what an expert would do in the states that it comes across (DAgger, Ross 2011).
        case aggregate
        /// Acts, and learns from rewards; from demonstrations too, where there are any.
        case reinforce
        /// Acts, and learns from rewards for being like the demonstrations; the environment's are not seen.
        case adversarial

        /// Its methods, the one first that it has where none is named.
        public var methods: [Method] { Method.allCases.filter { $0.kind == self } }
    }

    public enum Method: String, Sendable, CaseIterable {
        /// Behaviour cloning.
        case crossEntropy = "cross_entropy"
        /// Values with a large margin: the pre-training of DQfD (Hester 2018).
        case margin
        /// Values with conservative Q-learning's regulariser: offline reinforcement learning (Kumar 2020).
        case cql
        case dagger
        /// Q-learning with demonstrations in replay (DQfD), where there are any.
        case q
        /// Proximal policy optimization (Schulman 2017).
        case ppo
        /// REINFORCE with a baseline (Williams 1992).
        case policyGradient = "policy_gradient"
        /// Soft Q imitation learning (Reddy 2020).
        case sqil
        /// Generative adversarial imitation learning (Ho 2016), its rewards recomputed when steps are drawn.
        case gail
        /// Adversarial inverse reinforcement learning (Fu 2018).
        case airl

        public var kind: Kind {
            switch self {
            case .crossEntropy, .margin, .cql: .imitate
            case .dagger: .aggregate
            case .q, .ppo, .policyGradient: .reinforce
            case .sqil, .gail, .airl: .adversarial
            }
        }

        var isOnPolicy: Bool { self == .ppo || self == .policyGradient }
        /// Whether something learns to tell experts' steps from one's own.
        var hasDiscriminator: Bool { self == .gail || self == .airl }

        /// The learner's hyperparameters as it takes them where its phase does not say otherwise.
        ///
        /// What tells the rewards of `sqil` apart is where its own steps are not the experts'. Once it does as they do, only
        /// exploration makes such steps; with less it lost in a third of trainings what it had learned.
        func defaults(from hyperparameters: Hyperparameters) -> Hyperparameters {
            guard self == .sqil else { return hyperparameters }
            var own = hyperparameters
            own.exploration.final = max(own.exploration.final, 0.15)
            return own
        }

        func objective(_ hyperparameters: Hyperparameters) -> Objective {
            switch self {
            case .crossEntropy, .dagger: Objective(learnsValues: false, imitation: .crossEntropy, share: 1)
            case .margin: Objective(imitation: .margin, share: 1)
            case .cql: Objective(imitation: .crossEntropy, share: 1)
            case .q: Objective(imitation: hyperparameters.imitation.loss)
            case .ppo, .policyGradient: .policy
            case .sqil: Objective(share: 0.5, rewards: .shown)
            case .gail: Objective(share: 0, rewards: .discriminator(seesNext: false))
            case .airl: Objective(share: 0, rewards: .discriminator(seesNext: true))
            }
        }
    }

    public var method: Method
    /// nil for the training's own, where the phase can be measured by it.
    public var budget: TrainingRequest.Budget?
    /// For this phase alone, over the learner's own; an object.
    public var hyperparameters: Value?
    /// Who labels, in an aggregate phase; nil where somebody else answers the training's questions.
    public var expert: (any Expert)?

    public init(
        _ method: Method, budget: TrainingRequest.Budget? = nil, hyperparameters: Value? = nil,
        expert: (any Expert)? = nil
    ) {
        self.method = method
        self.budget = budget
        self.hyperparameters = hyperparameters
        self.expert = expert
    }

    public var kind: Kind { method.kind }

    /// What it may use up in a training of `phases` whose budget is `common`: that is for the phases which act, and for
    /// those which only imitate where none acts.
    public func budget(within common: TrainingRequest.Budget, among phases: [Phase]) -> TrainingRequest.Budget {
        if let budget { return budget.resolved(kind) }
        guard kind == .imitate else { return common.resolved(kind) }
        let isAlone = phases.allSatisfy { $0.kind == .imitate }
        return TrainingRequest.Budget(
            updates: isAlone ? common.updates : nil, seconds: isAlone ? common.seconds : nil
        ).resolved(kind)
    }
}
