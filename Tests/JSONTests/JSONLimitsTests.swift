import JSON
import Testing

struct JSONLimitsTests {
    @Test func `takes 32 levels and refuses 33`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try parse(nested(32)).kind == .array)
        let error = #expect(throws: JSONError.self) { try parse(nested(33)) }
        guard case .tooDeep(let limit, let position) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(limit == 32)
        #expect(position.column == 33)
    }

    @Test func `refuses hostile depth before jansson recurses`() {
        for text in [String(repeating: "[", count: 1_000_000), String(repeating: #"{"":"#, count: 100_000)] {
            let error = #expect(throws: JSONError.self) { try parse(text) }
            guard case .tooDeep = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `counts siblings as containers, not as depth`() throws {
        let many = "[" + Array(repeating: "{}", count: 19_999).joined(separator: ",") + "]"
        #expect(try parse(many).count == 19_999)
        let tooMany = "[" + Array(repeating: "{}", count: 20_000).joined(separator: ",") + "]"
        #expect(throws: JSONError.tooManyContainers(limit: 20_000)) { try parse(tooMany) }
    }

    @Test func `counts keys, strings, numbers and words as scalars`() throws {
        let limits = JSONLimits(depth: 4, containers: 4, scalars: 5, numberBytes: 8)
        #expect(try parse(#"{"a":[1,"x",null,true]}"#, limits: limits)["a"]?.count == 4)
        #expect(throws: JSONError.tooManyScalars(limit: 5)) {
            try parse(#"{"a":[1,"x",null,true,2]}"#, limits: limits)
        }
    }

    @Test func `limits the text of a number, not its value`() throws {
        let longest = "0." + String(repeating: "1", count: 62)
        #expect(try parse("[\(longest)]")[0].double == 0.1111111111111111)
        let error = #expect(throws: JSONError.self) { try parse("[1,\n \(longest)1]") }
        guard case .numberTooLong(64, let position) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(position.line == 2 && position.column == 2)
        #expect(throws: JSONError.self) { try parse("-" + longest) }
    }

    @Test func `counts nothing inside strings`() throws {
        let limits = JSONLimits(depth: 1, containers: 1, scalars: 1, numberBytes: 1)
        #expect(try parse(#"["[[[{{{1234 \\\" NaN"]"#, limits: limits)[0].string == #"[[[{{{1234 \" NaN"#)
    }
}
