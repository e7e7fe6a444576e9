/// A wrapper as it is asked for: Gymnasium's name and arguments.
///
///     {"wrapper": "FrameStackObservation", "stack_size": 4}
public enum WrapperSpec: Sendable, Equatable {
    case recordEpisodeStatistics
    case normalizeObservation(epsilon: Double)
    case normalizeReward(gamma: Double, epsilon: Double)
    /// One number of bins for all dimensions, or one for each.
    case discretizeAction(bins: [Int], multidiscrete: Bool)
    case frameStackObservation(stackSize: Int, padding: StackedFrames.Padding)

    private static let names = [
        "RecordEpisodeStatistics", "NormalizeObservation", "NormalizeReward", "DiscretizeAction",
        "FrameStackObservation",
    ]

    /// Reads what a client asked for.
    /// - Throws: ``EnvironmentError/invalidArgument(name:reason:)``, its name the way to the field below `path`.
    public init(_ source: some Structured, at path: String) throws(EnvironmentError) {
        guard let name = source.member("wrapper")?.asString else {
            throw .invalidArgument(
                name: "\(path)/wrapper", reason: "expected one of \(Self.names.joined(separator: ", "))")
        }
        let fields = WrapperFields(source, path: path)
        switch name {
        case "RecordEpisodeStatistics":
            try fields.allow()
            self = .recordEpisodeStatistics
        case "NormalizeObservation":
            try fields.allow("epsilon")
            self = .normalizeObservation(epsilon: try fields.double("epsilon", default: 1e-8))
        case "NormalizeReward":
            try fields.allow("gamma", "epsilon")
            self = .normalizeReward(
                gamma: try fields.double("gamma", default: 0.99), epsilon: try fields.double("epsilon", default: 1e-8))
        case "DiscretizeAction":
            try fields.allow("bins", "multidiscrete")
            self = .discretizeAction(
                bins: try fields.integers("bins"), multidiscrete: try fields.bool("multidiscrete", default: false))
        case "FrameStackObservation":
            try fields.allow("stack_size", "padding_type")
            self = .frameStackObservation(
                stackSize: try fields.integer("stack_size"), padding: try fields.padding("padding_type"))
        default:
            throw .invalidArgument(
                name: "\(path)/wrapper",
                reason: "there is no wrapper \(name); there are \(Self.names.joined(separator: ", "))")
        }
    }

    /// As a client would ask for it, every argument said.
    public var value: Value {
        switch self {
        case .recordEpisodeStatistics: ["wrapper": "RecordEpisodeStatistics"]
        case .normalizeObservation(let epsilon): ["wrapper": "NormalizeObservation", "epsilon": .double(epsilon)]
        case .normalizeReward(let gamma, let epsilon):
            ["wrapper": "NormalizeReward", "gamma": .double(gamma), "epsilon": .double(epsilon)]
        case .discretizeAction(let bins, let multidiscrete):
            [
                "wrapper": "DiscretizeAction", "bins": .array(bins.map { .int(Int64($0)) }),
                "multidiscrete": .bool(multidiscrete),
            ]
        case .frameStackObservation(let stackSize, let padding):
            [
                "wrapper": "FrameStackObservation", "stack_size": .int(Int64(stackSize)),
                "padding_type": .string(padding.rawValue),
            ]
        }
    }

    /// Wraps `vector`.
    public func wrap(_ vector: any VectorEnvironment) throws(EnvironmentError) -> any VectorEnvironment {
        switch self {
        case .recordEpisodeStatistics: return EpisodeStatistics(vector)
        case .normalizeObservation(let epsilon): return try NormalizedObservations(vector, epsilon: epsilon)
        case .normalizeReward(let gamma, let epsilon):
            return try NormalizedRewards(vector, discount: gamma, epsilon: epsilon)
        case .discretizeAction(let bins, let multidiscrete):
            let dimensions = vector.actionSpace.layout?.count ?? 1
            let all = bins.count == 1 ? Array(repeating: bins[0], count: dimensions) : bins
            return try DiscretizedActions(vector, bins: all, multiDiscrete: multidiscrete)
        case .frameStackObservation(let stackSize, let padding):
            return try StackedFrames(vector, frames: stackSize, padding: padding)
        }
    }
}

/// The arguments of a wrapper.
private struct WrapperFields<S: Structured> {
    let source: S
    let path: String

    init(_ source: S, path: String) {
        self.source = source
        self.path = path
    }

    func allow(_ names: String...) throws(EnvironmentError) {
        if let stranger = source.memberNames?.first(where: { $0 != "wrapper" && !names.contains($0) }) {
            let known = names.isEmpty ? "it takes none" : "it takes " + names.joined(separator: ", ")
            throw wrong(stranger, "no such argument; \(known)")
        }
    }

    func double(_ name: String, default fallback: Double) throws(EnvironmentError) -> Double {
        guard let value = source.member(name) else { return fallback }
        guard let number = value.asDouble, number.isFinite else { throw wrong(name, "expected a number") }
        return number
    }

    func bool(_ name: String, default fallback: Bool) throws(EnvironmentError) -> Bool {
        guard let value = source.member(name) else { return fallback }
        guard let flag = value.asBool else { throw wrong(name, "expected true or false") }
        return flag
    }

    func integer(_ name: String) throws(EnvironmentError) -> Int {
        guard source.member(name)?.elementCount == nil else { throw wrong(name, "expected an integer") }
        return try integers(name)[0]
    }

    /// One integer, or an array of them.
    func integers(_ name: String) throws(EnvironmentError) -> [Int] {
        guard let value = source.member(name) else { throw wrong(name, "this argument is required") }
        let elements = value.elementCount == nil ? [value] : Array(value.arrayElements)
        let integers = elements.compactMap { $0.asInt64.flatMap { Int(exactly: $0) } }
        guard !elements.isEmpty, integers.count == elements.count else { throw wrong(name, "expected an integer") }
        return integers
    }

    func padding(_ name: String) throws(EnvironmentError) -> StackedFrames.Padding {
        guard let value = source.member(name) else { return .reset }
        guard let padding = value.asString.flatMap(StackedFrames.Padding.init(rawValue:)) else {
            let known = StackedFrames.Padding.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(name, "expected one of \(known)")
        }
        return padding
    }

    private func wrong(_ name: String, _ reason: String) -> EnvironmentError {
        .invalidArgument(name: "\(path)/\(name)", reason: reason)
    }
}
