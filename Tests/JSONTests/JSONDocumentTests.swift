import JSON
import Testing

func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
    try JSONDocument(parsing: Array(text.utf8), limits: limits).root
}

struct JSONDocumentTests {
    @Test func `knows every kind of value`() throws {
        let kinds: [(String, JSONValue.Kind)] = [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("7", .integer), ("7.0", .real), ("7e0", .real),
            ("true", .bool), ("false", .bool), ("null", .null), (" \r\n\t 1 \n", .integer),
        ]
        for (text, kind) in kinds { #expect(try parse(text).kind == kind, "\(text)") }
    }

    @Test func `reads integers and reals without fraction as integers`() throws {
        let cases: [(String, Int64?)] = [
            ("1", 1), ("1.0", 1), ("-3e2", -300), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("1.5", nil), ("1e300", nil), ("9223372036854775808.0", nil), ("true", nil), ("\"1\"", nil), ("null", nil),
        ]
        for (text, integer) in cases {
            #expect(try parse(text).int64 == integer, "\(text)")
            #expect(try parse(text).int == integer.map(Int.init), "\(text)")
        }
    }

    @Test func `reads any number as a double`() throws {
        let cases: [(String, Double?)] = [
            ("0.1", 0.1), ("-0.0", -0.0), ("3", 3), ("1e-400", 0), ("1.7976931348623157e308", .greatestFiniteMagnitude),
            ("5e-324", .leastNonzeroMagnitude), ("\"0.1\"", nil), ("false", nil),
        ]
        for (text, double) in cases {
            #expect(try parse(text).double?.bitPattern == double?.bitPattern, "\(text)")
        }
    }

    @Test func `reads infinities that are written as strings only when asked to`() throws {
        #expect(try parse("\"Infinity\"").extendedDouble == .infinity)
        #expect(try parse("\"-Infinity\"").extendedDouble == -.infinity)
        #expect(try parse("\"NaN\"").extendedDouble?.isNaN == true)
        #expect(try parse("\"infinity\"").extendedDouble == nil)
        #expect(try parse("2").extendedDouble == 2)
        #expect(try parse("\"Infinity\"").double == nil)
    }

    @Test func `reads strings with escapes and all of Unicode`() throws {
        let cases: [(String, String)] = [
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\uD83C\uDFCE""#, "é🏎"),
            ("\"åäö\"", "åäö"),
        ]
        for (text, string) in cases { #expect(try parse(text).string == string) }
        #expect(try parse("1").string == nil)
    }

    @Test func `reads Booleans and null and nothing else for them`() throws {
        #expect(try parse("true").bool == true)
        #expect(try parse("false").bool == false)
        #expect(try parse("0").bool == nil)
        #expect(try parse("null").isNull)
        #expect(try !parse("false").isNull)
    }

    @Test func `finds members and elements`() throws {
        let root = try parse(#"{"b":[10,20,30],"a":{"x":null},"":1}"#)
        #expect(root.count == 3)
        #expect(root["b"]?.count == 3)
        #expect(root["b"]?[2].int == 30)
        #expect(root["a"]?["x"]?.isNull == true)
        #expect(root[""]?.int == 1)
        #expect(root["c"] == nil)
        #expect(root["b"]?["x"] == nil, "an array has no members")
        #expect(root["a\u{0}b"] == nil, "a key does not end at a zero byte")
        #expect(try parse("17").count == 0)
    }

    @Test func `keeps the order of members`() throws {
        let root = try parse(#"{"z":1,"a":2,"m":3,"b":4}"#)
        #expect(root.members?.map(\.key) == ["z", "a", "m", "b"])
        #expect(root.members?.map(\.value.int) == [1, 2, 3, 4])
        #expect(try parse("[]").members == nil)
        #expect(try parse("{}").elements == nil)
        #expect(try parse("[1,2.5]").elements?.map(\.double) == [1, 2.5])
    }

    @Test func `names the first field that nobody knows`() throws {
        let root = try parse(#"{"action":1,"step":2,"acton":3,"zzz":4}"#)
        #expect(root.firstKey(notIn: ["step", "action"]) == "acton")
        #expect(root.firstKey(notIn: ["step", "action", "zzz", "acton"]) == nil)
        #expect(try parse("[1]").firstKey(notIn: []) == nil)
    }

    @Test func `reads rows of numbers at once`() throws {
        var floats = [Float](repeating: 0, count: 4)
        var doubles = [Double](repeating: 0, count: 4)
        var integers = [Int64](repeating: 0, count: 4)
        let row = try parse(#"[1,-2.5,"Infinity","-Infinity"]"#)
        var floatSpan = floats.mutableSpan
        #expect(row.read(into: &floatSpan) == nil)
        var doubleSpan = doubles.mutableSpan
        #expect(row.read(into: &doubleSpan) == nil)
        var integerSpan = integers.mutableSpan
        #expect(row.read(into: &integerSpan) == 1, "the second is no integer")
        #expect(try parse("[1,2.0,-3,4]").read(into: &integerSpan) == nil)
        #expect(try parse("[1,2,null,4]").read(into: &floatSpan) == 2)
        #expect(doubles == [1, -2.5, .infinity, -.infinity])
        #expect(integers == [1, 2, -3, 4])
        #expect(floats == [1, 2, .infinity, -.infinity], "what came before the fault was read")
    }

    @Test func `a value keeps its text alive`() throws {
        func inner() throws -> JSONValue? { try parse(#"{"a":{"b":["deep"]}}"#)["a"]?["b"]?[0] }
        let value = try inner()
        for _ in 0..<100 { _ = try parse(#"{"a":{"b":["other"]}}"#) }
        #expect(value?.string == "deep")
    }

    @Test func `many threads parse and read at once`() async throws {
        let shared = try parse("[" + (0..<1000).map(String.init).joined(separator: ",") + "]")
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var sum = 0
                    for index in 0..<1000 {
                        sum += shared[index].int ?? 0
                        sum += (try? parse(#"{"k":1}"#)["k"]?.int) ?? 0
                    }
                    return sum
                }
            }
            for await sum in group { #expect(sum == 499_500 + 1000) }
        }
    }
}
