/// Anything that can be read the way JSON is read. A space reads its elements through this, so that a parsed request
/// and a ``Value`` are checked by the same code.
public protocol Structured {
    associatedtype Elements: Sequence<Self>

    /// A word for error messages: "a string", "an array", …
    var kindName: String { get }
    var isNull: Bool { get }
    var asBool: Bool? { get }
    /// An integer, or a real number without a fraction.
    var asInt64: Int64? { get }
    /// Any number; also the strings "Infinity" and "-Infinity", since JSON has no other way to say them.
    var asDouble: Double? { get }
    var asString: String? { get }
    /// How many elements an array has; nil for anything else.
    var elementCount: Int? { get }
    /// The elements of an array that is known to have nothing but numbers; nil where that is not known.
    var numbers: ArraySlice<Double>? { get }
    /// The elements of an array; empty for anything else.
    var arrayElements: Elements { get }
    /// The keys of an object, in order; nil for anything else.
    var memberNames: [String]? { get }
    func member(_ name: String) -> Self?
}

extension Value: Structured {
    public var numbers: ArraySlice<Double>? { nil }

    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int: "an integer"
        case .float, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    public var isNull: Bool { self == .null }

    public var asBool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var asInt64: Int64? {
        switch self {
        case .int(let value): value
        case .float(let value): Int64(exactly: value)
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    public var asDouble: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): Double(value)
        case .double(let value): value
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }

    public var asString: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var elementCount: Int? {
        if case .array(let elements) = self { elements.count } else { nil }
    }

    public var arrayElements: [Value] {
        if case .array(let elements) = self { elements } else { [] }
    }

    public var memberNames: [String]? {
        if case .object(let members) = self { members.map(\.key) } else { nil }
    }

    public func member(_ name: String) -> Value? { self[name] }
}
