@testable import API
import Gym
import JSON
import Store

/// A space's description on the first line, and what may be elements of it on the others.
enum SpacesFuzz {
    /// Lanes of a space that is looked at closely.
    private static let limit = 5_000

    static func read(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONDocument(parsing: Array($0)).root }
        guard let description = lines.first, let space = space(description) else { return }
        let text = space.description.json
        guard text.utf8.count < 50 * limit else { return }
        guard let value = try? Value(json: text), let again = try? Space(description: value) else {
            fatalError("a description is not read: \(text)")
        }
        promise(again == space, "a description is of another space: \(text)")
        for line in lines.dropFirst() { check(line, space) }
    }

    /// A request and a value that was detached from it describe the same, or are refused with the same words.
    private static func space(_ json: JSONValue) -> Space? {
        let one = Result { () throws(SpaceMismatch) in try Space(description: json) }
        let other = Result { () throws(SpaceMismatch) in try Space(description: Value(json)) }
        promise(one == other, "a request and its copy describe two spaces")
        return try? one.get()
    }

    private static func check(_ json: JSONValue, _ space: Space) {
        promise(space.contains(json) == space.contains(Value(json)), "a request and its copy are not alike")
        guard space.contains(json), let layout = space.layout, layout.count <= limit else { return }
        var writer = LaneWriter(Lanes(layout.element, count: layout.count))
        guard (try? space.read(json, into: &writer)) != nil else { fatalError("an element is not read") }
        let lanes = writer.lanes
        promise(writer.next == layout.count, "an element has other lanes")
        var offset = 0
        let value = space.value(of: lanes, at: &offset)
        promise(offset == layout.count, "an element's value has other lanes")
        var text = JSONWriter()
        text.elements(of: space, lanes, count: 1, isBatch: false)
        promise(text.take() == Array(value.json.utf8), "an element is written in two ways")
        writer = LaneWriter(Lanes(layout.element, count: layout.count))
        promise((try? space.read(value, into: &writer)) != nil && writer.lanes == lanes, "an element changes: \(value)")
        check(lanes, layout)
    }

    private static func check(_ lanes: Lanes, _ layout: Layout) {
        let file = Safetensors(TensorCodec.tensors("x", layout, lanes))
        let again = try? TensorCodec.lanes("x", layout, in: file, count: 1)
        promise(again == lanes, "an element changes on its way through tensors")
    }
}
