/// Somebody who knows what to do in an environment: it demonstrates, labels what a learner comes across, and is what the
/// learner is measured by. A pure function of what is observed, so any number of threads may ask at once.
public protocol Expert: Sendable {
    /// What to do in `rows` observations.
    /// - Parameters:
    ///   - observations: rows of the observation space's lanes.
    ///   - masks: rows of what is allowed, or empty where everything is.
    /// - Returns: rows of the action space's lanes.
    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes
}

/// What the catalogue knows of a scripted expert, and how to make it.
public struct ExpertSpec: Sendable {
    public let id: String
    /// A sentence: by what it decides, and where that comes from.
    public let summary: String
    /// The ids of the environments that it knows.
    public let environments: [String]
    private let makeExpert: @Sendable (any VectorEnvironment, Keywords) throws(EnvironmentError) -> any Expert

    /// - Parameter make: makes the expert for an environment of the kind that it will be asked about, made from these
    ///   keyword arguments.
    public init(
        id: String, summary: String, environments: [String],
        make: @escaping @Sendable (any VectorEnvironment, Keywords) throws(EnvironmentError) -> any Expert
    ) {
        self.id = id
        self.summary = summary
        self.environments = environments
        makeExpert = make
    }

    /// Makes the expert for `spec` with `kwargs`.
    /// - Precondition: the environment is one that it knows.
    public func make(for spec: EnvironmentSpec, kwargs: Value? = nil) throws(EnvironmentError) -> any Expert {
        precondition(environments.contains(spec.id), "an expert is asked about environments that it knows")
        return try makeExpert(try spec.make(kwargs: kwargs), try Keywords(kwargs, of: spec.id, spec.parameters))
    }
}
