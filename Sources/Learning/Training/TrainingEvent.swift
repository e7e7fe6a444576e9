/// What a training tells while it runs.
public enum TrainingEvent: Sendable, Equatable {
    /// The phase of this index has begun.
    case phase(Int)
    case progress(Progress)
    case episode(Episode)
    case evaluation(Judgement)

    /// How far it is, and how learning goes.
    public struct Progress: Sendable, Equatable {
        /// Of this training.
        public let steps: Int
        public let episodes: Int
        public let updates: Int
        /// The share of all phases that is done, 0…1.
        public let fraction: Double
        /// Which phase is on.
        public let phase: Int
        /// The mean of the latest hundred episodes' returns; nil before the first has ended.
        public let meanReturn: Double?
        public let exploration: Double
        public let metrics: LearningMetrics
    }

    /// An episode of the training that ended.
    public struct Episode: Sendable, Equatable {
        /// Counted from 1.
        public let number: Int
        public let steps: Int
        public let episodeReturn: Double
        public let length: Int
    }

    /// How the policy of now did.
    public struct Judgement: Sendable, Equatable {
        public let steps: Int
        public let updates: Int
        /// Which phase is on.
        public let phase: Int
        public let evaluation: Evaluation
        /// Whether it is the best so far.
        public let isBest: Bool
    }
}
