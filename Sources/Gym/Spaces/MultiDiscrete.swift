/// An array of integers, element i from `start[i]` to `start[i] + nvec[i] - 1` (Gymnasium's `MultiDiscrete`).
public struct MultiDiscrete: Sendable, Equatable {
    /// Row-major.
    public let nvec: [Int]
    public let start: [Int]
    public let shape: [Int]
    public let dtype: DType

    /// - Precondition: every `nvec` is positive, and the counts agree.
    public init(_ nvec: [Int], start: [Int]? = nil, shape: [Int]? = nil, dtype: DType = .int64) {
        precondition(nvec.allSatisfy { $0 > 0 }, "every part of a multi-discrete space has at least one element")
        self.nvec = nvec
        self.start = start ?? nvec.map { _ in 0 }
        self.shape = shape ?? [nvec.count]
        self.dtype = dtype
        precondition(self.start.count == nvec.count && self.shape.reduce(1, *) == nvec.count, "counts must agree")
    }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        let bounds = Box(
            low: start.map(Double.init), high: zip(start, nvec).map { Double($0 + $1 - 1) }, shape: shape, dtype: dtype)
        try bounds.read(value, into: &writer)
    }
}
