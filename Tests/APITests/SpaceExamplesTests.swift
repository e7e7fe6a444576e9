@testable import API
import Foundation
import Gym
import JSON
import Store
import Testing

/// The golden examples of spaces, which the Python client reads as well.
struct SpaceExamplesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../protocol/examples/spaces")

    private static let examples =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted())
        ?? []

    private func example(_ name: String) throws -> JSONValue {
        let data = try Data(contentsOf: Self.folder.appending(path: name))
        return try JSONDocument(parsing: [UInt8](data)).root
    }

    @Test func `there are examples of all ten spaces`() throws {
        let spaces = try Set(
            Self.examples.map { try Space(description: try #require(try example($0)["space"])).typeName })
        #expect(spaces.count == 10)
    }

    @Test(arguments: examples) func `a space is read and written without loss`(_ name: String) throws {
        let described = try #require(try example(name)["space"])
        let space = try Space(description: described)
        #expect(try Space(description: space.description) == space)
        #expect(try Space(description: try JSONDocument(parsing: Array(space.description.json.utf8)).root) == space)
    }

    @Test(arguments: examples) func `members are members, through lanes and back`(_ name: String) throws {
        let example = try example(name)
        let space = try Space(description: try #require(example["space"]))
        for member in try #require(example["members"]?.elements) {
            #expect(throws: Never.self) { try space.check(member) }
            guard let layout = space.layout else { continue }
            var writer = LaneWriter(Lanes(layout.element, count: layout.count))
            try space.read(member, into: &writer)
            var offset = 0
            let value = space.value(of: writer.lanes, at: &offset)
            #expect(offset == layout.count)
            var again = LaneWriter(Lanes(layout.element, count: layout.count))
            try space.read(value, into: &again)
            #expect(again.lanes == writer.lanes)
        }
    }

    @Test func `an element is written by its dtype, whatever its lanes are`() throws {
        let boxes = [DType.int64, .float32, .float64, .uint64].map { Box(low: 0, high: 9, shape: [1], dtype: $0) }
        for space in boxes.map(Space.box) + [.tuple(Tuple(boxes.map(Space.box)))] {
            let layout = try #require(space.layout)
            var writer = LaneWriter(Lanes(layout.element, count: layout.count))
            let ones: Value = .array(Array(repeating: [1], count: 4))
            if case .tuple = space {
                try space.read(ones, into: &writer)
            } else {
                try space.read([1] as Value, into: &writer)
            }
            var offset = 0
            var text = JSONWriter()
            text.elements(of: space, writer.lanes, count: 1, isBatch: false)
            #expect(String(decoding: text.take(), as: UTF8.self) == space.value(of: writer.lanes, at: &offset).json)
        }
    }

    @Test(arguments: examples) func `of a stranger, the element at fault is named`(_ name: String) throws {
        let example = try example(name)
        let space = try Space(description: try #require(example["space"]))
        let strangers = try #require(example["non_members"]?.elements)
        try #require(strangers.count > 0)
        for stranger in strangers {
            let error = #expect(throws: SpaceMismatch.self) { try space.check(try #require(stranger["value"])) }
            #expect(error?.pointer == stranger["pointer"]?.string, "\(error?.reason ?? "")")
        }
    }
}
