/// A structured value, as JSON has it: keyword arguments, reset options, infos, and elements of spaces that have no
/// fixed layout. Hot paths use ``Lanes``; this is for what is read by people and written once.
public enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// Kept apart from `double` so that a float32 prints in its own shortest exact form.
    case float(Float)
    case double(Double)
    case string(String)
    case array([Value])
    /// Members in the order they are written.
    case object([Member])

    public struct Member: Sendable, Equatable {
        public var key: String
        public var value: Value

        public init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    public static func integers(_ values: some Sequence<some BinaryInteger>) -> Value {
        .array(values.map { .int(Int64($0)) })
    }

    public static func strings(_ values: some Sequence<String>) -> Value {
        .array(values.map { .string($0) })
    }

    /// The member named `key` of an object; nil for anything else.
    public subscript(key: String) -> Value? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

extension Value: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(dictionaryLiteral elements: (String, Value)...) { self = .object(elements.map { Member($0.0, $0.1) }) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
}

extension Value {
    /// Equality as JSON sees it: 1 equals 1.0.
    public func isEqual(_ other: Value) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isEqual($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { member in other[member.key].map { member.value.isEqual($0) } ?? false }
        default: self == other || (asDouble != nil && asDouble == other.asDouble)
        }
    }
}
