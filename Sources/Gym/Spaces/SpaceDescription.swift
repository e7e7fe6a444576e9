/// Spaces as JSON describes them, in Minari's form (`serialize_space`), which covers seven of the ten; Sequence, OneOf
/// and Graph are written likewise, with Gymnasium's constructor names.
extension Space {
    public var description: Value {
        switch self {
        case .box(let space):
            [
                "type": "Box", "dtype": .string(space.dtype.rawValue), "shape": .integers(space.shape),
                "low": space.bounds(space.low), "high": space.bounds(space.high),
            ]
        case .discrete(let space):
            [
                "type": "Discrete", "dtype": .string(space.dtype.rawValue), "start": .int(Int64(space.start)),
                "n": .int(Int64(space.n)),
            ]
        case .multiDiscrete(let space):
            [
                "type": "MultiDiscrete", "dtype": .string(space.dtype.rawValue), "nvec": space.nested(space.nvec),
                "start": space.nested(space.start),
            ]
        case .multiBinary(let space):
            ["type": "MultiBinary", "n": space.shape.count == 1 ? .int(Int64(space.shape[0])) : .integers(space.shape)]
        case .text(let space):
            [
                "type": "Text", "max_length": .int(Int64(space.maxLength)), "min_length": .int(Int64(space.minLength)),
                "charset": .string(String(space.charset)),
            ]
        case .dict(let space):
            [
                "type": "Dict",
                "subspaces": .object(space.members.map { Value.Member($0.key, $0.space.description) }),
            ]
        case .tuple(let space): ["type": "Tuple", "subspaces": .array(space.members.map(\.description))]
        case .sequence(let space):
            ["type": "Sequence", "feature_space": space.feature.description, "stack": .bool(space.stack)]
        case .oneOf(let space): ["type": "OneOf", "subspaces": .array(space.members.map(\.description))]
        case .graph(let space):
            [
                "type": "Graph", "node_space": space.node.description,
                "edge_space": space.edge?.description ?? .null,
            ]
        }
    }

    /// The space that `description` describes.
    /// - Throws: ``SpaceMismatch``, pointing into the description.
    public init(description: some Structured) throws(SpaceMismatch) {
        var room = Self.maximumLanes
        try self.init(description: description, room: &room)
    }

    /// Lanes that a described space may have, its parts together: a short text must not ask for much memory.
    static let maximumLanes = 1_000_000

    /// - Parameter room: how many lanes may still be described.
    init(description: some Structured, room: inout Int) throws(SpaceMismatch) {
        let example = "such as {\"type\":\"Discrete\",\"n\":2}"
        guard description.memberNames != nil else {
            throw SpaceMismatch("expected an object, \(example), not \(description.kindName)")
        }
        guard let type = description.member("type")?.asString else {
            throw SpaceMismatch("expected the name of a space, \(example)").within(.key("type"))
        }
        var fields = SpaceFields(description, type: type, room: room)
        defer { room = fields.room }
        switch type {
        case "Box": self = .box(try fields.box())
        case "Discrete": self = .discrete(try fields.discrete())
        case "MultiDiscrete": self = .multiDiscrete(try fields.multiDiscrete())
        case "MultiBinary": self = .multiBinary(try fields.multiBinary())
        case "Text": self = .text(try fields.text())
        case "Dict": self = .dict(try fields.dict())
        case "Tuple": self = .tuple(Tuple(try fields.subspaces()))
        case "Sequence": self = .sequence(try fields.sequence())
        case "OneOf":
            let members = try fields.subspaces()
            guard !members.isEmpty else { throw SpaceMismatch("expected at least one").within(.key("subspaces")) }
            self = .oneOf(OneOf(members))
        case "Graph": self = .graph(try fields.graph())
        default:
            throw SpaceMismatch(
                "no such space; there are Box, Discrete, MultiDiscrete, MultiBinary, Text, Dict, Tuple, Sequence, "
                    + "OneOf and Graph"
            ).within(.key("type"))
        }
    }
}

extension Box {
    fileprivate func bounds(_ bounds: [Double]) -> Value {
        var lane = 0
        return Box.nest(shape: shape) {
            defer { lane += 1 }
            let bound = bounds[lane]
            return switch dtype {
            case .float32: .float(Float(bound))
            case .float64: .double(bound)
            default: Int64(exactly: bound).map { .int($0) } ?? .double(bound)
            }
        }
    }
}

extension MultiDiscrete {
    fileprivate func nested(_ values: [Int]) -> Value {
        var lane = 0
        return Box.nest(shape: shape) {
            defer { lane += 1 }
            return .int(Int64(values[lane]))
        }
    }
}
