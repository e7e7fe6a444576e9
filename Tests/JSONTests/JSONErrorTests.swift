import JSON
import Testing

struct JSONErrorTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let text: String
        let says: String
        let line: Int
        let column: Int
        var testDescription: String { text.debugDescription }
    }

    static let mistakes = [
        Mistake(text: "{", says: "ends too early", line: 1, column: 2),
        Mistake(text: "[1,2", says: "ends too early", line: 1, column: 5),
        Mistake(text: "\"abc", says: "ends too early", line: 1, column: 5),
        Mistake(text: "{\"a\":}", says: "unexpected token near '}'", line: 1, column: 6),
        Mistake(text: "{\"a\" 1}", says: "':' expected", line: 1, column: 6),
        Mistake(text: "{a:1}", says: "string or '}' expected", line: 1, column: 2),
        Mistake(text: "{'a':1}", says: "string or '}' expected", line: 1, column: 2),
        Mistake(text: "{\"a\":1,}", says: "string or '}' expected", line: 1, column: 8),
        Mistake(text: "[1,]", says: "unexpected token near ']'", line: 1, column: 4),
        Mistake(text: "[1 2]", says: "']' expected", line: 1, column: 4),
        Mistake(text: "[1}", says: "']' expected", line: 1, column: 3),
        Mistake(text: "{} x", says: "something follows", line: 1, column: 4),
        Mistake(text: "1 2", says: "something follows", line: 1, column: 3),
        Mistake(text: "[01]", says: "invalid token", line: 1, column: 2),
        Mistake(text: "[.5]", says: "invalid token", line: 1, column: 2),
        Mistake(text: "[1.]", says: "invalid token", line: 1, column: 2),
        Mistake(text: "[+1]", says: "invalid token", line: 1, column: 2),
        Mistake(text: "[0x1F]", says: "']' expected", line: 1, column: 2),
        Mistake(text: "[tru]", says: "invalid token near 'tru'", line: 1, column: 2),
        Mistake(text: "// no\n1", says: "invalid token near '/'", line: 1, column: 1),
        Mistake(text: "\u{FEFF}{}", says: "byte order mark", line: 1, column: 1),
        Mistake(
            text: "{\n  \"a\": 1,\n  \"é\": NaN\n}", says: "NaN is not JSON; send null or a number", line: 3, column: 8),
        Mistake(text: "[nan]", says: "send null", line: 1, column: 2),
        Mistake(text: "[-Infinity]", says: "\"-Infinity\" in quotes", line: 1, column: 2),
        Mistake(text: "[Infinity]", says: "\"Infinity\" in quotes", line: 1, column: 2),
        Mistake(text: "[None]", says: "None is not JSON; send null", line: 1, column: 2),
        Mistake(text: "{\"a\":True}", says: "send true", line: 1, column: 6),
        Mistake(text: "{\"a\":False}", says: "send false", line: 1, column: 6),
        Mistake(text: "[undefined]", says: "send null", line: 1, column: 2),
        Mistake(text: "{\"a\":1,\n\"a\":2}", says: "same key appears twice", line: 2, column: 3),
        Mistake(text: "[1e999]", says: "too large", line: 1, column: 2),
        Mistake(text: "[9223372036854775808]", says: "too large", line: 1, column: 2),
        Mistake(text: "[\"\\ud800\"]", says: "invalid Unicode", line: 1, column: 9),
        Mistake(text: "[\"\\u0000\"]", says: "\\u0000 is not allowed in a string", line: 1, column: 9),
        Mistake(text: "[\"\\q\"]", says: "invalid escape", line: 1, column: 4),
        Mistake(text: "[\"a\nb\"]", says: "must be escaped", line: 1, column: 4),
        Mistake(text: "[\"a\u{1}b\"]", says: "must be escaped", line: 1, column: 4),
    ]

    @Test(arguments: mistakes) func `says what is wrong and where`(_ mistake: Mistake) throws {
        let error = #expect(throws: JSONError.self) { try parse(mistake.text) }
        let text = try #require(error).description
        #expect(text.contains(mistake.says), "\(text)")
        let position = try #require(error?.position)
        #expect(position.line == mistake.line, "\(text)")
        #expect(position.column == mistake.column, "\(text)")
        #expect(text.hasSuffix("(line \(mistake.line), column \(mistake.column))"))
    }

    @Test func `says that nothing was sent`() {
        #expect(throws: JSONError.empty) { try parse("") }
        #expect(throws: JSONError.empty) { try parse(" \n\t") }
        #expect(JSONError.empty.description == "there is no JSON here; send a value, such as {}")
        #expect(JSONError.empty.position == nil)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func `refuses strings that are not UTF-8`(_ bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: bytes) }
        guard case .notUnicode = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `refuses zero bytes inside a string`() {
        #expect(throws: JSONError.self) { try JSONDocument(parsing: [0x22, 0x00, 0x22]) }
        #expect(throws: JSONError.self) { try JSONDocument(parsing: Array("{}".utf8) + [0]) }
    }

    @Test func `takes foreign words for what they are inside strings`() throws {
        #expect(try parse(#"{"NaN":"NaN \" None ["}"#)["NaN"]?.string == "NaN \" None [")
    }

    @Test func `every truncation and every changed byte of a text is parsed or refused`() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\né",true,null],"b":{"c":[]}}"#.utf8)
        var refused = 0
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text[..<length])) }
        }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                do { _ = try JSONDocument(parsing: changed) } catch {
                    refused += 1
                    let place = error.position?.byte ?? 0
                    #expect(place >= 0 && place <= text.count)
                }
            }
        }
        #expect(refused > text.count * 100)
    }
}
