import Gym

/// Which environment to learn or to be judged in.
public struct EnvironmentRequest: Sendable {
    /// Where an environment has no time limit of its own, episodes are cut here: a greedy policy may walk in circles.
    public static let stepLimit = 1_000

    public let spec: EnvironmentSpec
    public let kwargs: Value?
    private let maxEpisodeSteps: Int?

    /// - Parameters:
    ///   - kwargs: an object with any of the environment's keyword arguments.
    ///   - maxEpisodeSteps: nil for the environment's own limit.
    public init(_ spec: EnvironmentSpec, kwargs: Value? = nil, maxEpisodeSteps: Int? = nil) {
        self.spec = spec
        self.kwargs = kwargs
        self.maxEpisodeSteps = maxEpisodeSteps
    }

    /// After how many steps an episode is truncated.
    public var horizon: Int { maxEpisodeSteps ?? spec.maxEpisodeSteps ?? Self.stepLimit }

    /// How many episodes to play side by side at most: the last of them have the others step on for nothing, which costs
    /// where another process hosts them.
    var episodesAtOnce: Int { spec.isHosted ? 8 : Scratch.rows }

    /// `count` environments whose episodes follow each other without a gap.
    public func make(count: Int = 1) throws(LearningError) -> any VectorEnvironment {
        do {
            return try spec.make(
                kwargs: kwargs,
                options: VectorOptions(count: count, maxEpisodeSteps: horizon, autoreset: .sameStep))
        } catch {
            throw .environment(error)
        }
    }
}
