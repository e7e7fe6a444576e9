/// What an observation or an action may be: Gymnasium's ten spaces, with Gymnasium's meaning.
public indirect enum Space: Sendable, Equatable {
    case box(Box)
    case discrete(Discrete)
    case multiDiscrete(MultiDiscrete)
    case multiBinary(MultiBinary)
    case text(Text)
    case dict(Dict)
    case tuple(Tuple)
    case sequence(SequenceSpace)
    case oneOf(OneOf)
    case graph(Graph)

    public var typeName: String {
        switch self {
        case .box: "Box"
        case .discrete: "Discrete"
        case .multiDiscrete: "MultiDiscrete"
        case .multiBinary: "MultiBinary"
        case .text: "Text"
        case .dict: "Dict"
        case .tuple: "Tuple"
        case .sequence: "Sequence"
        case .oneOf: "OneOf"
        case .graph: "Graph"
        }
    }

    public var isBox: Bool { if case .box = self { true } else { false } }

    /// Checks that `value` is an element of this space.
    /// - Throws: ``SpaceMismatch``, naming the part that is not.
    public func check(_ value: some Structured) throws(SpaceMismatch) {
        var nowhere = LaneWriter.discarding
        try read(value, into: &nowhere)
    }

    public func contains(_ value: some Structured) -> Bool {
        do { try check(value) } catch { return false }
        return true
    }

    /// Checks `value` and writes its lanes.
    /// - Precondition: unless `writer` discards, the space has a ``layout``.
    public func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        switch self {
        case .box(let space): try space.read(value, into: &writer)
        case .discrete(let space): try space.read(value, into: &writer)
        case .multiDiscrete(let space): try space.read(value, into: &writer)
        case .multiBinary(let space): try space.read(value, into: &writer)
        case .text(let space): try space.check(value)
        case .dict(let space): try space.read(value, into: &writer)
        case .tuple(let space): try space.read(value, into: &writer)
        case .sequence(let space): try space.check(value)
        case .oneOf(let space): try space.check(value)
        case .graph(let space): try space.check(value)
        }
    }

    /// The element whose lanes begin at `offset`, as a structured value; moves `offset` past it.
    /// - Precondition: the space has a ``layout``, and `lanes` hold an element of it.
    public func value(of lanes: Lanes, at offset: inout Int) -> Value {
        switch self {
        case .box(let space): return space.value(of: lanes, at: &offset)
        case .discrete:
            defer { offset += 1 }
            return .int(lanes.integer(offset))
        case .multiDiscrete(let space):
            return Box.nest(shape: space.shape) {
                defer { offset += 1 }
                return .int(lanes.integer(offset))
            }
        case .multiBinary(let space):
            return Box.nest(shape: space.shape) {
                defer { offset += 1 }
                return .int(lanes.integer(offset))
            }
        case .dict(let space):
            return .object(space.members.map { Value.Member($0.key, $0.space.value(of: lanes, at: &offset)) })
        case .tuple(let space): return .array(space.members.map { $0.value(of: lanes, at: &offset) })
        case .text, .sequence, .oneOf, .graph: preconditionFailure("\(typeName) has no fixed layout")
        }
    }
}

/// Where a space's elements are written, lane after lane.
public struct LaneWriter: Sendable {
    public var lanes: Lanes
    public private(set) var next: Int
    private let writes: Bool

    /// Writes from lane `start` on.
    public init(_ lanes: Lanes, from start: Int = 0) {
        self.lanes = lanes
        next = start
        writes = true
    }

    private init() {
        lanes = .uint8([])
        next = 0
        writes = false
    }

    /// Writes nowhere: for checking alone.
    public static var discarding: LaneWriter { LaneWriter() }

    mutating func write(_ value: Double) {
        guard writes else { return }
        lanes.set(next, to: value)
        next += 1
    }

    mutating func write(_ value: Int64) {
        guard writes else { return }
        lanes.set(next, to: value)
        next += 1
    }
}
