import CJansson

/// A JSON text, parsed and held. Any value taken from it keeps it alive.
public struct JSONDocument: Sendable {
    /// The value that the text is.
    public let root: JSONValue

    /// Parses a whole text; each key of an object may appear once, any kind of value may be the root.
    public init(parsing text: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        var scan = JSONScan(limits: limits)
        try scan.check(text)
        _ = Self.seeded
        var fault = json_error_t()
        let node = text.withUnsafeBytes { bytes in
            json_loadb(bytes.baseAddress, bytes.count, Self.flags, &fault)
        }
        guard let node else { throw JSONError(fault, in: text) }
        root = JSONValue(tree: JSONTree(root: node), node: node)
    }

    /// Parses the bytes of an array, as `init(parsing:limits:)` does.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: bytes.span, limits: limits)
    }

    private static let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)

    /// jansson seeds its hash tables at the first use, and two threads may not both be first.
    private static let seeded: Void = json_object_seed(0)
}

/// Owns what jansson parsed.
final class JSONTree: @unchecked Sendable {  // a C handle that nobody changes after parsing
    private let root: UnsafeMutablePointer<json_t>

    init(root: UnsafeMutablePointer<json_t>) {
        self.root = root
    }

    deinit {
        json_decref(root)
    }
}
