import Gym

/// What one lane of a space means: which part of an element it is, and what it may be.
struct SpaceLane: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Bounds; infinite where there is none.
        case number(low: Double, high: Double)
        /// One of `count` members from `start` on.
        case category(start: Int, count: Int)
    }

    /// A JSON pointer into an element of the space.
    let pointer: String
    let kind: Kind

    /// The lanes of a space in their order.
    /// - Precondition: the space has a layout.
    static func lanes(of space: Space, at pointer: String = "") -> [SpaceLane] {
        switch space {
        case .box(let box):
            // A bound that is the dtype's own says nothing, but for a byte's.
            let range = box.dtype.size == 1 ? -Double.infinity ... .infinity : box.dtype.range
            return pointers(box.shape, at: pointer).enumerated().map { lane, pointer in
                let low = box.low[lane] > range.lowerBound ? box.low[lane] : -.infinity
                let high = box.high[lane] < range.upperBound ? box.high[lane] : .infinity
                return SpaceLane(pointer: pointer, kind: .number(low: low, high: high))
            }
        case .discrete(let space):
            return [SpaceLane(pointer: pointer, kind: .category(start: space.start, count: space.n))]
        case .multiDiscrete(let space):
            return pointers(space.shape, at: pointer).enumerated().map { lane, pointer in
                SpaceLane(pointer: pointer, kind: .category(start: space.start[lane], count: space.nvec[lane]))
            }
        case .multiBinary(let space):
            return pointers(space.shape, at: pointer).map { pointer in
                SpaceLane(pointer: pointer, kind: .category(start: 0, count: 2))
            }
        case .dict(let space):
            return space.members.flatMap { member in
                let key = member.key.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
                return lanes(of: member.space, at: "\(pointer)/\(key)")
            }
        case .tuple(let space):
            return space.members.enumerated().flatMap { lanes(of: $1, at: "\(pointer)/\($0)") }
        case .text, .sequence, .oneOf, .graph:
            preconditionFailure("\(space.typeName) has no fixed layout")
        }
    }

    private static func pointers(_ shape: [Int], at pointer: String) -> [String] {
        guard let first = shape.first else { return [pointer] }
        return (0..<first).flatMap { pointers(Array(shape.dropFirst()), at: "\(pointer)/\($0)") }
    }
}
