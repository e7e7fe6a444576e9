/// An array of numbers, each within its own closed bounds (Gymnasium's `Box`).
public struct Box: Sendable, Equatable {
    public let dtype: DType
    public let shape: [Int]
    /// Row-major bounds, one a lane; infinite where there is none. Exact for every dtype up to 2^53.
    public let low: [Double]
    public let high: [Double]

    /// - Precondition: `low` and `high` have one element a lane.
    public init(low: [Double], high: [Double], shape: [Int], dtype: DType = .float32) {
        let count = shape.reduce(1, *)
        precondition(low.count == count && high.count == count, "a box has one bound a lane")
        self.dtype = dtype
        self.shape = shape
        self.low = dtype == .float32 ? low.map { Double(Float($0)) } : low
        self.high = dtype == .float32 ? high.map { Double(Float($0)) } : high
    }

    /// The same bounds for every lane.
    public init(low: Double, high: Double, shape: [Int], dtype: DType = .float32) {
        let count = shape.reduce(1, *)
        self.init(
            low: Array(repeating: low, count: count), high: Array(repeating: high, count: count), shape: shape,
            dtype: dtype)
    }

    public var count: Int { low.count }

    /// Whether every lane has finite bounds on both sides.
    public var isBounded: Bool { low.allSatisfy(\.isFinite) && high.allSatisfy(\.isFinite) }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        var lane = 0
        try read(value, dimension: 0, lane: &lane, into: &writer)
    }

    private func read(
        _ value: some Structured, dimension: Int, lane: inout Int, into writer: inout LaneWriter
    ) throws(SpaceMismatch) {
        guard dimension < shape.count else {
            guard let number = value.asDouble else { throw SpaceMismatch("expected a number, not \(value.kindName)") }
            return try readLane(number, lane: &lane, into: &writer)
        }
        guard let count = value.elementCount, count == shape[dimension] else {
            let found = value.elementCount.map { "an array of \($0)" } ?? value.kindName
            throw SpaceMismatch("expected an array of \(shape[dimension]) for shape \(shape), not \(found)")
        }
        var index = 0
        if dimension == shape.count - 1, let numbers = value.numbers {
            for number in numbers {
                do { try readLane(number, lane: &lane, into: &writer) } catch { throw error.within(.index(index)) }
                index += 1
            }
            return
        }
        for element in value.arrayElements {
            do { try read(element, dimension: dimension + 1, lane: &lane, into: &writer) } catch {
                throw error.within(.index(index))
            }
            index += 1
        }
    }

    /// The element that these numbers are, of a box of one dimension and of floats, as nearly all are; nil where it is
    /// another, and where they are no element of it: ``read(_:into:)`` then says why.
    public func lanes(of numbers: [Double]) -> Lanes? {
        guard shape.count == 1, dtype == .float32, numbers.count == low.count else { return nil }
        var lanes: [Float] = []
        lanes.reserveCapacity(numbers.count)
        for (index, number) in numbers.enumerated() {
            let lane = Float(number)
            guard isWithin(Double(lane), index) else { return nil }
            lanes.append(lane)
        }
        return .float32(lanes)
    }

    private func isWithin(_ number: Double, _ lane: Int) -> Bool { number >= low[lane] && number <= high[lane] }

    private func readLane(
        _ number: Double, lane: inout Int, into writer: inout LaneWriter
    ) throws(SpaceMismatch) {
        let number = dtype == .float32 ? Double(Float(number)) : number
        guard dtype.isFloat || number == number.rounded() else {
            throw SpaceMismatch("expected a whole number for dtype \(dtype.rawValue), not \(number)")
        }
        guard isWithin(number, lane) else {
            throw SpaceMismatch("\(number) is not within [\(low[lane]), \(high[lane])]")
        }
        guard dtype.holds(number) else { throw SpaceMismatch("\(number) is beyond dtype \(dtype.rawValue)") }
        if dtype.isFloat { writer.write(number) } else { writer.write(Int64(number)) }
        lane += 1
    }

    func value(of lanes: Lanes, at offset: inout Int) -> Value {
        Self.nest(shape: shape) {
            defer { offset += 1 }
            return switch dtype {
            case .float32: .float(Float(lanes.double(offset)))
            case .float64: .double(lanes.double(offset))
            default: .int(lanes.integer(offset))
            }
        }
    }

    /// Nested arrays of `shape`, filled in row-major order.
    public static func nest(shape: [Int], next: () -> Value) -> Value {
        guard let first = shape.first else { return next() }
        return .array((0..<first).map { _ in nest(shape: Array(shape.dropFirst()), next: next) })
    }
}
