/// How the elements of a space lie in lanes: which element type, and which leaf of the structure is where.
public struct Layout: Sendable, Equatable {
    /// A part of the structure that is one array.
    public struct Leaf: Sendable, Equatable {
        /// The way to the leaf, "" for a space that is a leaf itself, ".position", ".0" and so on below it.
        public let name: String
        public let space: Space
        /// The dtype and shape that Gymnasium gives this leaf.
        public let dtype: DType
        public let shape: [Int]
        /// The leaf's first lane within a row.
        public let offset: Int
        public var count: Int { shape.reduce(1, *) }
    }

    public let element: Lanes.Element
    public let leaves: [Leaf]
    /// Lanes in one row.
    public let count: Int

    init(element: Lanes.Element, leaves: [Leaf]) {
        self.element = element
        self.leaves = leaves
        count = leaves.reduce(0) { $0 + $1.count }
    }
}

extension Space {
    /// The lanes of this space; nil where elements differ in length (Text, Sequence, OneOf, Graph).
    public var layout: Layout? {
        var leaves: [Layout.Leaf] = []
        guard collect(into: &leaves, name: "") else { return nil }
        let dtypes = Set(leaves.map(\.dtype))
        let element: Lanes.Element =
            if dtypes == [.float32] {
                .float32
            } else if dtypes == [.uint8] {
                .uint8
            } else if dtypes.allSatisfy({ !$0.isFloat && $0 != .uint64 }) {
                .int64
            } else {
                .float64
            }
        return Layout(element: element, leaves: leaves)
    }

    private func collect(into leaves: inout [Layout.Leaf], name: String) -> Bool {
        switch self {
        case .box(let space): append(to: &leaves, name, space.dtype, space.shape)
        case .discrete(let space): append(to: &leaves, name, space.dtype, [])
        case .multiDiscrete(let space): append(to: &leaves, name, space.dtype, space.shape)
        case .multiBinary(let space): append(to: &leaves, name, .int8, space.shape)
        case .dict(let space):
            return space.members.allSatisfy { $0.space.collect(into: &leaves, name: "\(name).\($0.key)") }
        case .tuple(let space):
            return space.members.enumerated().allSatisfy { $1.collect(into: &leaves, name: "\(name).\($0)") }
        case .text, .sequence, .oneOf, .graph: return false
        }
        return true
    }

    private func append(to leaves: inout [Layout.Leaf], _ name: String, _ dtype: DType, _ shape: [Int]) {
        let offset = leaves.last.map { $0.offset + $0.count } ?? 0
        leaves.append(Layout.Leaf(name: name, space: self, dtype: dtype, shape: shape, offset: offset))
    }
}
