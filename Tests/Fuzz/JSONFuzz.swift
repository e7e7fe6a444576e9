import CJansson

@testable import JSON

/// JSON texts: rows of numbers, known structures and sole rows are short cuts, which come to what jansson alone comes to.
enum JSONFuzz {
    static func read(_ bytes: [UInt8]) {
        let plain = plain(bytes)
        let document = try? JSONDocument(parsing: bytes)
        checkSoleRow(bytes, document)
        guard let document else { return }
        guard let plain else { fatalError("jansson refuses what was read") }
        let text = text(document.root)
        promise(text == self.text(plain), "rows read aside are not what jansson reads")
        guard let again = try? JSONDocument(parsing: text) else { fatalError("what was written is not read") }
        promise(self.text(again.root) == text, "what was written is read as something else")
        check(document.root)
    }

    private static func text(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.take()
    }

    /// The whole text in jansson's eyes.
    private static func plain(_ bytes: [UInt8]) -> JSONValue? {
        let node = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress, $0.count, Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY), nil)
        }
        return node.map { JSONValue(tree: JSONTree(JSONNodes(root: $0)), node: $0) }
    }

    private static func checkSoleRow(_ bytes: [UInt8], _ document: JSONDocument?) {
        let count = bytes.count { $0 == UInt8(ascii: ",") } + 1
        guard let row = SoleRow.numbers(of: "observation", count: count, in: bytes.span) else { return }
        guard let root = document?.root, root.count == 1, let elements = root["observation"]?.elements else {
            fatalError("a sole row is no document")
        }
        promise(
            elements.map(\.double?.bitPattern) == row.map(\.bitPattern), "a sole row is not what the document has")
    }

    /// One by one and all at once, elements are the same; a key is found again by its name and by its pointer.
    private static func check(_ value: JSONValue) {
        if let elements = value.elements {
            var numbers = [Double](repeating: 0, count: elements.count)
            var span = numbers.mutableSpan
            let stranger = value.read(into: &span)
            let expected = elements.prefix(stranger ?? elements.count).map { $0.extendedDouble?.bitPattern }
            promise(numbers.prefix(expected.count).map(\.bitPattern) == expected, "numbers are not the elements")
            if let stranger { promise(elements[stranger].extendedDouble == nil, "a number was not read") }
            elements.forEach(check)
        }
        guard let members = value.members else { return }
        for (key, member) in members {
            promise(value[key].map(text) == text(member), "a member is not found by its name")
            promise(unescaped(JSONPointer().appending(key)) == Array(key.utf8), "a pointer does not lead back")
            check(member)
        }
    }

    /// The bytes of a pointer's only key.
    private static func unescaped(_ pointer: JSONPointer) -> [UInt8] {
        var parts = pointer.description.utf8.dropFirst().split(
            separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
        let first = Array(parts.removeFirst())
        return parts.reduce(into: first) { bytes, part in
            bytes.append(part.first == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
            bytes += part.dropFirst()
        }
    }
}
