/// An array of zeros and ones (Gymnasium's `MultiBinary`).
public struct MultiBinary: Sendable, Equatable {
    public let shape: [Int]

    public init(_ n: Int) { self.init(shape: [n]) }

    public init(shape: [Int]) {
        precondition(shape.allSatisfy { $0 > 0 }, "every dimension has at least one element")
        self.shape = shape
    }

    public var count: Int { shape.reduce(1, *) }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        try Box(low: 0, high: 1, shape: shape, dtype: .int8).read(value, into: &writer)
    }
}
