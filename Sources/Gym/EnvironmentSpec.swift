/// What the catalogue knows of an environment before one is made (Gymnasium's `EnvSpec`), and how to make it.
public final class EnvironmentSpec: Sendable {
    /// A keyword argument of the environment.
    public struct Parameter: Sendable, Equatable {
        public let name: String
        public let defaultValue: Value
        public let summary: String

        public init(_ name: String, default defaultValue: Value, _ summary: String) {
            self.name = name
            self.defaultValue = defaultValue
            self.summary = summary
        }
    }

    public let id: String
    /// A sentence for the catalogue.
    public let summary: String
    /// After how many steps an episode is truncated; nil for never.
    public let maxEpisodeSteps: Int?
    /// The mean return at which the task counts as solved.
    public let rewardThreshold: Double?
    public let renderModes: [RenderMode]
    public let renderFPS: Int
    public let parameters: [Parameter]
    /// Whether another process hosts it: it is looked up and made there, which takes long and may fail.
    public let isHosted: Bool
    private let stock: SpaceStock
    private let makeVector: @Sendable (Value?, VectorOptions) throws(EnvironmentError) -> any VectorEnvironment

    /// - Parameter make: makes one environment from keyword arguments, every one of `parameters` present.
    public init<E: Environment>(
        id: String, summary: String, maxEpisodeSteps: Int?, rewardThreshold: Double? = nil,
        renderModes: [RenderMode] = [.svg, .png, .rgbArray], renderFPS: Int = 30, parameters: [Parameter] = [],
        make: @escaping @Sendable (Keywords) throws(EnvironmentError) -> E
    ) {
        self.id = id
        self.summary = summary
        self.maxEpisodeSteps = maxEpisodeSteps
        self.rewardThreshold = rewardThreshold
        self.renderModes = renderModes
        self.renderFPS = renderFPS
        self.parameters = parameters
        isHosted = false
        let stock = SpaceStock()
        self.stock = stock
        // Made here, where the type is concrete, so that a whole batch is stepped without a witness call.
        makeVector = { kwargs, options throws(EnvironmentError) in
            let keywords = try Keywords(kwargs, of: id, parameters)
            let environment = try make(keywords)
            let spaces = stock.spaces(observation: environment.observationSpace, action: environment.actionSpace)
            return SyncVectorEnvironment(environment, spaces, options: options, renderModes: renderModes)
        }
    }

    /// An environment that another process hosts.
    /// - Parameters:
    ///   - parameters: those that are known; there may be more.
    ///   - makeVector: makes a vector from keyword arguments as they were given.
    public init(
        hosted id: String, summary: String, maxEpisodeSteps: Int?, rewardThreshold: Double?, renderModes: [RenderMode],
        renderFPS: Int, parameters: [Parameter],
        makeVector: @escaping @Sendable (Value?, VectorOptions) throws(EnvironmentError) -> any VectorEnvironment
    ) {
        self.id = id
        self.summary = summary
        self.maxEpisodeSteps = maxEpisodeSteps
        self.rewardThreshold = rewardThreshold
        self.renderModes = renderModes
        self.renderFPS = renderFPS
        self.parameters = parameters
        isHosted = true
        stock = SpaceStock()
        self.makeVector = makeVector
    }

    /// Makes `options.count` environments, stepped as one.
    /// - Parameter kwargs: an object with any of `parameters`; nil or null for all defaults.
    public func make(kwargs: Value? = nil, options: VectorOptions = VectorOptions()) throws(EnvironmentError)
        -> any VectorEnvironment
    {
        try options.check()
        var options = options
        if options.maxEpisodeSteps == nil { options.maxEpisodeSteps = maxEpisodeSteps }
        return try makeVector(kwargs, options)
    }

    /// The spaces of an environment that was made of this kind, which it shares with others that have the same.
    public func spaces(of vector: any VectorEnvironment) -> Spaces {
        stock.spaces(observation: vector.observationSpace, action: vector.actionSpace)
    }

    /// `kwargs` with the defaults of those that are absent.
    public func resolved(_ kwargs: Value?) -> Value {
        let known = parameters.map { Value.Member($0.name, kwargs?[$0.name] ?? $0.defaultValue) }
        guard isHosted, case .object(let given) = kwargs else { return .object(known) }
        return .object(known + given.filter { member in !parameters.contains { $0.name == member.key } })
    }
}

/// The keyword arguments of one environment: checked names, defaults filled in, read with clear errors.
public struct Keywords: Sendable {
    private let values: [Value.Member]

    /// - Parameter id: of the environment that has these parameters.
    init(_ given: Value?, of id: String, _ parameters: [EnvironmentSpec.Parameter]) throws(EnvironmentError) {
        let names = parameters.map(\.name)
        var members: [Value.Member] = []
        switch given {
        case nil, .null: break
        case .object(let given): members = given
        default: throw .invalidKwarg(name: "", reason: "expected an object of keyword arguments")
        }
        if let stranger = members.first(where: { !names.contains($0.key) }) {
            let known = names.isEmpty ? "it takes none" : "it takes " + names.joined(separator: ", ")
            throw .invalidKwarg(name: stranger.key, reason: "\(id) has no such keyword argument; \(known)")
        }
        values = parameters.map { parameter in
            members.first { $0.key == parameter.name } ?? Value.Member(parameter.name, parameter.defaultValue)
        }
    }

    public subscript(name: String) -> Value { values.first { $0.key == name }?.value ?? .null }

    public func bool(_ name: String) throws(EnvironmentError) -> Bool {
        guard let value = self[name].asBool else { throw wrong(name, "true or false") }
        return value
    }

    public func double(_ name: String) throws(EnvironmentError) -> Double {
        guard let value = self[name].asDouble, value.isFinite else { throw wrong(name, "a finite number") }
        return value
    }

    public func int(_ name: String) throws(EnvironmentError) -> Int {
        guard let value = self[name].asInt64 else { throw wrong(name, "an integer") }
        return Int(value)
    }

    /// An integer within `range`.
    public func int(_ name: String, in range: ClosedRange<Int>) throws(EnvironmentError) -> Int {
        try check(try int(name), name, in: range)
    }

    /// A number within `range`.
    public func double(_ name: String, in range: ClosedRange<Double>) throws(EnvironmentError) -> Double {
        try check(try double(name), name, in: range)
    }

    private func check<Number>(
        _ value: Number, _ name: String, in range: ClosedRange<Number>
    ) throws(EnvironmentError) -> Number {
        guard range.contains(value) else {
            throw .invalidKwarg(
                name: name, reason: "expected \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }

    /// A string; nil where it is null.
    public func string(_ name: String) throws(EnvironmentError) -> String? {
        if self[name].isNull { return nil }
        guard let value = self[name].asString else { throw wrong(name, "a string") }
        return value
    }

    private func wrong(_ name: String, _ expected: String) -> EnvironmentError {
        .invalidKwarg(name: name, reason: "expected \(expected), not \(self[name].kindName)")
    }
}
