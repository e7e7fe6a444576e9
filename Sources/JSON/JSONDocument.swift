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
        if !scan.rows.isEmpty, !scan.hasNul, let tree = Self.tree(text, scan.rows) {
            root = JSONValue(tree: tree, node: tree.nodes.root)
            return
        }
        var fault = json_error_t()
        let node = text.withUnsafeBytes { bytes in
            json_loadb(bytes.baseAddress, bytes.count, Self.flags, &fault)
        }
        guard let node else { throw JSONError(fault, in: text) }
        root = JSONValue(tree: JSONTree(JSONNodes(root: node)), node: node)
    }

    /// Parses all but the rows; nil where that fails, as the whole text then does, at a place of its own.
    private static func tree(_ text: Span<UInt8>, _ rows: NumberRows) -> JSONTree? {
        let marked = text.withUnsafeBytes { rows.marked($0) }
        if let known = JSONStructures.latest[marked] { return JSONTree(known, rows: rows) }
        guard let root = json_loadb(marked, marked.count, flags | Int(JSON_ALLOW_NUL), nil) else { return nil }
        let nodes = JSONNodes(root: root)
        JSONStructures.latest.keep(nodes, of: marked)
        return JSONTree(nodes, rows: rows)
    }

    /// Parses the bytes of an array, as `init(parsing:limits:)` does.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: bytes.span, limits: limits)
    }

    private static let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)

    /// jansson seeds its hash tables at the first use, and two threads may not both be first.
    private static let seeded: Void = json_object_seed(0)
}

/// What was parsed: jansson's part, which several texts may share, and a text's own rows.
final class JSONTree: Sendable {
    let nodes: JSONNodes
    let rows: NumberRows

    init(_ nodes: JSONNodes, rows: NumberRows = NumberRows()) {
        self.nodes = nodes
        self.rows = rows
    }
}

/// Owns what jansson parsed.
final class JSONNodes: @unchecked Sendable {  // a C handle that nobody changes after parsing
    let root: UnsafeMutablePointer<json_t>

    init(root: UnsafeMutablePointer<json_t>) {
        self.root = root
    }

    deinit {
        json_decref(root)
    }
}
