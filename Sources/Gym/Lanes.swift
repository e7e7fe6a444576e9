/// The element types that leave and enter an environment, named as numpy names them.
public enum DType: String, Sendable, Codable, CaseIterable {
    case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64

    public var isFloat: Bool { self == .float32 || self == .float64 }

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }
}

extension DType {
    /// The least and the greatest finite number that it has; of 64-bit integers, those that a Double and an Int64 both
    /// have.
    public var range: ClosedRange<Double> {
        switch self {
        case .bool: 0...1
        case .int8: -0x1p7...0x1p7 - 1
        case .int16: -0x1p15...0x1p15 - 1
        case .int32: -0x1p31...0x1p31 - 1
        case .int64: -0x1p63...0x1p63 - 0x1p10
        case .uint8: 0...0x1p8 - 1
        case .uint16: 0...0x1p16 - 1
        case .uint32: 0...0x1p32 - 1
        case .uint64: 0...0x1p63 - 0x1p10
        case .float32: -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude)
        case .float64: -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        }
    }

    /// Whether lanes of it can hold a number; floats hold the infinite too.
    public func holds(_ number: Double) -> Bool { isFloat || range.contains(number) }
}

/// A flat, contiguous batch of observations or actions: structure stays at the border, inside there are only lanes.
/// Row i of a batch is `count` lanes long; a space's ``Layout`` says which lane means what.
public enum Lanes: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case uint8([UInt8])

    public enum Element: String, Sendable, Codable { case float32, float64, int64, uint8 }

    public init(_ element: Element, count: Int) {
        switch element {
        case .float32: self = .float32(Array(repeating: 0, count: count))
        case .float64: self = .float64(Array(repeating: 0, count: count))
        // One action of one number is what most steps bring: a literal is made at a fraction of the cost.
        case .int64: self = .int64(count == 1 ? [0] : Array(repeating: 0, count: count))
        case .uint8: self = .uint8(Array(repeating: 0, count: count))
        }
    }

    public var element: Element {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .int64: .int64
        case .uint8: .uint8
        }
    }

    public var count: Int {
        switch self {
        case .float32(let lanes): lanes.count
        case .float64(let lanes): lanes.count
        case .int64(let lanes): lanes.count
        case .uint8(let lanes): lanes.count
        }
    }

    /// One lane as a Double: exact for all but integers beyond 2^53.
    public func double(_ index: Int) -> Double {
        switch self {
        case .float32(let lanes): Double(lanes[index])
        case .float64(let lanes): lanes[index]
        case .int64(let lanes): Double(lanes[index])
        case .uint8(let lanes): Double(lanes[index])
        }
    }

    /// One lane as an integer; lanes of floats are truncated.
    public func integer(_ index: Int) -> Int64 {
        switch self {
        case .float32(let lanes): Int64(lanes[index])
        case .float64(let lanes): Int64(lanes[index])
        case .int64(let lanes): lanes[index]
        case .uint8(let lanes): Int64(lanes[index])
        }
    }

    /// Sets one lane; of what an integer lane cannot hold, to the nearest that it can, as the ends of a Box of all 64-bit
    /// integers are that doubles round up.
    public mutating func set(_ index: Int, to value: Double) {
        switch self {
        case .float32: Float.withLanes(of: &self) { $0[index] = Float(value) }
        case .float64: Double.withLanes(of: &self) { $0[index] = value }
        case .int64: Int64.withLanes(of: &self) { $0[index] = Self.whole(value) }
        case .uint8: UInt8.withLanes(of: &self) { $0[index] = Self.whole(value) }
        }
    }

    private static func whole<Integer: FixedWidthInteger>(_ value: Double) -> Integer {
        Integer(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : .min)
    }

    public mutating func set(_ index: Int, to value: Int64) {
        if case .int64 = self {
            Int64.withLanes(of: &self) { $0[index] = value }
        } else {
            set(index, to: Double(value))
        }
    }

    /// Appends row `index` of a batch of the same element type, whose rows are `width` lanes long.
    public mutating func append(row index: Int, of batch: Lanes, width: Int) {
        let row = index * width..<(index + 1) * width
        switch (self, batch) {
        case (.float32, .float32(let all)): Float.withLanes(of: &self) { $0.append(contentsOf: all[row]) }
        case (.float64, .float64(let all)): Double.withLanes(of: &self) { $0.append(contentsOf: all[row]) }
        case (.int64, .int64(let all)): Int64.withLanes(of: &self) { $0.append(contentsOf: all[row]) }
        case (.uint8, .uint8(let all)): UInt8.withLanes(of: &self) { $0.append(contentsOf: all[row]) }
        default: preconditionFailure("lanes of one type are not rows of another")
        }
    }

    /// Makes row `row` the same as row `other` of a batch of the same element type and row width.
    public mutating func set(row: Int, to other: Int, of batch: Lanes, width: Int) {
        let (target, source) = (row * width..<(row + 1) * width, other * width..<(other + 1) * width)
        switch (self, batch) {
        case (.float32, .float32(let all)): Float.withLanes(of: &self) { $0.replaceSubrange(target, with: all[source]) }
        case (.float64, .float64(let all)):
            Double.withLanes(of: &self) { $0.replaceSubrange(target, with: all[source]) }
        case (.int64, .int64(let all)): Int64.withLanes(of: &self) { $0.replaceSubrange(target, with: all[source]) }
        case (.uint8, .uint8(let all)): UInt8.withLanes(of: &self) { $0.replaceSubrange(target, with: all[source]) }
        default: preconditionFailure("lanes of one type are not rows of another")
        }
    }

    /// Appends all of `other`, which must be of the same element type.
    public mutating func append(contentsOf other: Lanes) { append(row: 0, of: other, width: other.count) }

    /// Rows `range` of a batch whose rows are `width` lanes long.
    public func rows(_ range: Range<Int>, width: Int) -> Lanes {
        let lanes = range.lowerBound * width..<range.upperBound * width
        return switch self {
        case .float32(let all): .float32(Array(all[lanes]))
        case .float64(let all): .float64(Array(all[lanes]))
        case .int64(let all): .int64(Array(all[lanes]))
        case .uint8(let all): .uint8(Array(all[lanes]))
        }
    }
}

/// A type that lanes can be made of.
public protocol Scalar: BitwiseCopyable, Sendable, Equatable {
    static var element: Lanes.Element { get }
    static var zero: Self { get }
    init(_ value: Double)

    /// Lends the lanes as an array of this type, in place. The lanes must be of this type.
    static func withLanes<R>(of lanes: inout Lanes, _ body: (inout [Self]) throws -> R) rethrows -> R
    /// The lanes as an array of this type; shares storage. The lanes must be of this type.
    static func array(of lanes: Lanes) -> [Self]
    static func lanes(_ array: [Self]) -> Lanes
}

// In each `withLanes`, the enum lets go of its array before lending it, so that it is mutated in place, not copied.

extension Float: Scalar {
    public static var element: Lanes.Element { .float32 }

    public static func withLanes<R>(of lanes: inout Lanes, _ body: (inout [Float]) throws -> R) rethrows -> R {
        guard case .float32(var array) = lanes else { preconditionFailure("the lanes are not float32") }
        lanes = .float32([])
        defer { lanes = .float32(array) }
        return try body(&array)
    }

    public static func array(of lanes: Lanes) -> [Float] {
        guard case .float32(let array) = lanes else { preconditionFailure("the lanes are not float32") }
        return array
    }

    public static func lanes(_ array: [Float]) -> Lanes { .float32(array) }
}

extension Double: Scalar {
    public static var element: Lanes.Element { .float64 }

    public static func withLanes<R>(of lanes: inout Lanes, _ body: (inout [Double]) throws -> R) rethrows -> R {
        guard case .float64(var array) = lanes else { preconditionFailure("the lanes are not float64") }
        lanes = .float64([])
        defer { lanes = .float64(array) }
        return try body(&array)
    }

    public static func array(of lanes: Lanes) -> [Double] {
        guard case .float64(let array) = lanes else { preconditionFailure("the lanes are not float64") }
        return array
    }

    public static func lanes(_ array: [Double]) -> Lanes { .float64(array) }
}

extension Int64: Scalar {
    public static var element: Lanes.Element { .int64 }

    public static func withLanes<R>(of lanes: inout Lanes, _ body: (inout [Int64]) throws -> R) rethrows -> R {
        guard case .int64(var array) = lanes else { preconditionFailure("the lanes are not int64") }
        lanes = .int64([])
        defer { lanes = .int64(array) }
        return try body(&array)
    }

    public static func array(of lanes: Lanes) -> [Int64] {
        guard case .int64(let array) = lanes else { preconditionFailure("the lanes are not int64") }
        return array
    }

    public static func lanes(_ array: [Int64]) -> Lanes { .int64(array) }
}

extension UInt8: Scalar {
    public static var element: Lanes.Element { .uint8 }

    public static func withLanes<R>(of lanes: inout Lanes, _ body: (inout [UInt8]) throws -> R) rethrows -> R {
        guard case .uint8(var array) = lanes else { preconditionFailure("the lanes are not uint8") }
        lanes = .uint8([])
        defer { lanes = .uint8(array) }
        return try body(&array)
    }

    public static func array(of lanes: Lanes) -> [UInt8] {
        guard case .uint8(let array) = lanes else { preconditionFailure("the lanes are not uint8") }
        return array
    }

    public static func lanes(_ array: [UInt8]) -> Lanes { .uint8(array) }
}
