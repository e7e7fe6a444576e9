import CJansson

/// The members of an object, in the order of the text.
public struct JSONMembers: Sequence, Sendable {
    private let object: JSONValue

    init(_ object: JSONValue) {
        self.object = object
    }

    public func makeIterator() -> Iterator { Iterator(object) }

    @safe public struct Iterator: IteratorProtocol {
        private let object: JSONValue
        private var place: UnsafeMutableRawPointer?

        fileprivate init(_ object: JSONValue) {
            self.object = object
            place = json_object_iter(object.node)
        }

        public mutating func next() -> (key: String, value: JSONValue)? {
            guard let here = place, let node = json_object_iter_value(here) else { return nil }
            place = json_object_iter_next(object.node, here)
            return (JSONMembers.key(at: here), JSONValue(tree: object.tree, node: node))
        }
    }

    static func key(at place: UnsafeMutableRawPointer) -> String {
        String(decoding: keyBytes(at: place), as: UTF8.self)
    }

    static func keyBytes(at place: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: json_object_iter_key(place), count: json_object_iter_key_len(place))
    }
}

extension JSONValue {
    /// nil where this is no object.
    public var members: JSONMembers? { kind == .object ? JSONMembers(self) : nil }

    /// The first key of an object that is not among those given: the field that nobody would read.
    public func firstKey(notIn known: [String]) -> String? {
        var place = json_object_iter(node)
        while let here = place {
            let key = JSONMembers.keyBytes(at: here)
            if !known.contains(where: { isSame($0, key) }) { return String(decoding: key, as: UTF8.self) }
            place = json_object_iter_next(node, here)
        }
        return nil
    }

    private func isSame(_ name: String, _ key: UnsafeRawBufferPointer) -> Bool {
        var name = name
        return name.withUTF8 { name in
            guard name.count == key.count else { return false }
            return zip(name, key).allSatisfy { $0 == $1 }
        }
    }
}
