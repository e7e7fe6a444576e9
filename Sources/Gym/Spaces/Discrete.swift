/// The integers `start` … `start + n - 1` (Gymnasium's `Discrete`).
public struct Discrete: Sendable, Equatable {
    public let n: Int
    public let start: Int
    public let dtype: DType

    /// - Precondition: `n > 0`.
    public init(_ n: Int, start: Int = 0, dtype: DType = .int64) {
        precondition(n > 0, "a discrete space has at least one element")
        self.n = n
        self.start = start
        self.dtype = dtype
    }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        guard let integer = value.asInt64 else {
            throw SpaceMismatch("expected an integer from \(start) to \(start + n - 1), not \(value.kindName)")
        }
        guard integer >= Int64(start) && integer < Int64(start + n) else {
            throw SpaceMismatch("expected an integer from \(start) to \(start + n - 1), not \(integer)")
        }
        writer.write(integer)
    }
}
