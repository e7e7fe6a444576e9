import CJansson

/// A value inside a parsed text. Reading it copies nothing but what is asked for; it keeps its text alive.
@safe public struct JSONValue: @unchecked Sendable {  // jansson's nodes do not change after parsing
    /// The kinds of value; a number is an integer when it is written without fraction and exponent.
    public enum Kind: Sendable {
        case object, array, string, integer, real, bool, null
    }

    let tree: JSONTree
    let node: UnsafeMutablePointer<json_t>
    /// Which of the tree's numbers this is, where it is one of a row; else -1.
    private let place: Int

    init(tree: JSONTree, node: UnsafeMutablePointer<json_t>) {
        self.tree = tree
        self.node = node
        place = -1
    }

    private init(_ row: JSONValue, place: Int) {
        tree = row.tree
        node = row.node
        self.place = place
    }

    /// Where the numbers of this row lie; nil where it is none.
    var row: Range<Int>? {
        guard node.pointee.type == JSON_STRING, place < 0, !tree.rows.isEmpty else { return nil }
        return tree.rows.range(markedBy: stringBytes)
    }

    private var stringBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: json_string_value(node), count: json_string_length(node))
    }

    public var kind: Kind {
        if place >= 0 { return tree.rows.isInteger[place] ? .integer : .real }
        return switch node.pointee.type {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_STRING: row == nil ? .string : .array
        case JSON_INTEGER: .integer
        case JSON_REAL: .real
        case JSON_TRUE, JSON_FALSE: .bool
        default: .null
        }
    }

    /// An integer, or a real without fraction such as `1.0`.
    public var int64: Int64? { place < 0 ? Self.int64(node) : Int64(exactly: tree.rows.numbers[place]) }

    /// As `int64`.
    public var int: Int? { int64.map(Int.init) }

    /// Any number.
    public var double: Double? { place < 0 ? Self.double(node) : tree.rows.numbers[place] }

    /// Any number, or one of the strings `"Infinity"`, `"-Infinity"`, `"NaN"` that stand where JSON has no number.
    public var extendedDouble: Double? { place < 0 ? Self.extendedDouble(node) : tree.rows.numbers[place] }

    public var string: String? {
        guard node.pointee.type == JSON_STRING, place < 0, row == nil else { return nil }
        return String(decoding: stringBytes, as: UTF8.self)
    }

    public var bool: Bool? {
        switch node.pointee.type {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    public var isNull: Bool { node.pointee.type == JSON_NULL }

    /// Elements of an array or members of an object; 0 for anything else.
    public var count: Int {
        switch node.pointee.type {
        case JSON_ARRAY: json_array_size(node)
        case JSON_STRING: row?.count ?? 0
        case JSON_OBJECT: json_object_size(node)
        default: 0
        }
    }

    /// The element of an array. An index outside it is a programmer's mistake.
    public subscript(index: Int) -> JSONValue {
        if let row {
            precondition(row.indices.contains(row.lowerBound + index), "element \(index) of \(row.count)")
            return JSONValue(self, place: row.lowerBound + index)
        }
        guard index >= 0, let element = json_array_get(node, index) else {
            preconditionFailure("element \(index) of \(count)")
        }
        return JSONValue(tree: tree, node: element)
    }

    /// The member of an object; nil where it has none of that name, or where this is no object.
    public subscript(key: String) -> JSONValue? {
        var key = key
        let member = key.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { json_object_getn(node, $0.baseAddress, $0.count) }
        }
        return member.map { JSONValue(tree: tree, node: $0) }
    }

    static func int64(_ node: UnsafeMutablePointer<json_t>) -> Int64? {
        switch node.pointee.type {
        case JSON_INTEGER: json_integer_value(node)
        case JSON_REAL: Int64(exactly: json_real_value(node))
        default: nil
        }
    }

    static func double(_ node: UnsafeMutablePointer<json_t>) -> Double? {
        switch node.pointee.type {
        case JSON_INTEGER: Double(json_integer_value(node))
        case JSON_REAL: json_real_value(node)
        default: nil
        }
    }

    static func extendedDouble(_ node: UnsafeMutablePointer<json_t>) -> Double? {
        if let number = double(node) { return number }
        guard let text = json_string_value(node) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: text, count: json_string_length(node))
        if bytes.elementsEqual("Infinity".utf8) { return .infinity }
        if bytes.elementsEqual("-Infinity".utf8) { return -.infinity }
        return bytes.elementsEqual("NaN".utf8) ? .nan : nil
    }
}
