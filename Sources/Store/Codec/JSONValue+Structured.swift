import Gym
import JSON

extension JSONValue: Structured {
    public var kindName: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .integer: "an integer"
        case .real: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }

    public var asBool: Bool? { bool }
    public var asInt64: Int64? { int64 }
    public var asDouble: Double? { extendedDouble }
    public var asString: String? { string }
    public var elementCount: Int? { kind == .array ? count : nil }
    public var arrayElements: JSONElements { JSONElements(self) }
    public var memberNames: [String]? { members.map { $0.map(\.key) } }
    public func member(_ name: String) -> JSONValue? { self[name] }
}

extension Value {
    /// The same value, detached from the request it came in.
    public init(_ json: JSONValue) {
        switch json.kind {
        case .null: self = .null
        case .bool: self = .bool(json.bool ?? false)
        case .integer: self = .int(json.int64 ?? 0)
        case .real: self = .double(json.double ?? 0)
        case .string: self = .string(json.string ?? "")
        case .array: self = .array(json.arrayElements.map { Value($0) })
        case .object: self = .object(json.members.map { $0.map { Member($0.key, Value($0.value)) } } ?? [])
        }
    }
}

extension Value {
    /// The value that `text`, which is JSON, says.
    public init(json text: String) throws(JSONError) {
        self.init(try JSONDocument(parsing: Array(text.utf8)).root)
    }

    /// Reads what ``json`` wrote, however large: for text of our own, never a client's.
    public init(own text: [UInt8]) throws(JSONError) {
        let limits = JSONLimits(depth: 64, containers: .max, scalars: .max, numberBytes: .max)
        self.init(try JSONDocument(parsing: text, limits: limits).root)
    }

    /// This value as JSON.
    public var json: String {
        var writer = JSONWriter()
        writer.value(self)
        return String(decoding: writer.take(), as: UTF8.self)
    }
}
