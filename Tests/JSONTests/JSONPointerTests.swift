import JSON
import Testing

struct JSONPointerTests {
    @Test func `writes the examples of RFC 6901`() {
        #expect(JSONPointer.root.description == "")
        let cases: [(String, String)] = [
            ("foo", "/foo"), ("", "/"), ("a/b", "/a~1b"), ("c%d", "/c%d"), ("e^f", "/e^f"), ("k\"l", "/k\"l"),
            (" ", "/ "), ("m~n", "/m~0n"), ("~1", "/~01"),
        ]
        for (key, text) in cases { #expect(JSONPointer.root.appending(key).description == text) }
        #expect(JSONPointer.root.appending("foo").appending(0).description == "/foo/0")
    }

    @Test func `grows at both ends`() {
        var pointer = JSONPointer()
        pointer.append("low")
        pointer.append(3)
        #expect(pointer.description == "/low/3")
        #expect(pointer.prefixed(by: JSONPointer.root.appending("space")).description == "/space/low/3")
        #expect(pointer.prefixed(by: .root) == pointer)
    }
}
