import JSON
import Testing

/// Long arrays of numbers are read aside: they must come out as short ones do, which jansson reads.
struct NumberRowTests {
    static let numbers = [
        "0", "-0", "7", "-12", "9007199254740992", "9007199254740993", "-9223372036854775808", "9223372036854775807",
        "9223372036854775808", "0.0", "-0.0", "0.1", "1e5", "1E+5", "-1.5e-7", "0.027273362502455711",
        "123456789012345678.9", "1.7976931348623157e308", "1.8e308", "5e-324", "1e-400", "2.4703282292062327e-324",
    ]
    static let mistakes = [
        "01", "-01", "+1", "1.", ".5", "1.e5", "1e", "1e+", "0x10", "--1", "1-", "1 2", "-", "nan", "Infinity",
    ]

    private func long(_ number: String) -> String { "[\(number), \(number) ,\n\(number),0.5,0.25,0.125,0.0625]" }

    @Test(arguments: numbers) func `reads a number in a row as alone`(_ number: String) throws {
        // In no array, however short: that would be a row.
        guard let alone = try? parse(number) else {
            #expect(throws: JSONError.self) { try parse(long(number)) }
            return
        }
        let row = try parse("{\"a\":\(long(number)),\"b\":[true,\(long(number))]}")
        for array in [row["a"], row["b"]?[1]] {
            let array = try #require(array)
            #expect(array.kind == .array && array.count == 7 && array.string == nil && !array.isNull)
            for element in [array[0], array[1], array[2]] {
                #expect(element.kind == alone.kind && element.int64 == alone.int64 && element.count == 0)
                #expect(element.double?.bitPattern == alone.double?.bitPattern)
                #expect(element.string == nil && element.bool == nil && !element.isNull && element["a"] == nil)
            }
            #expect(array.elements?.map(\.double).suffix(4) == [0.5, 0.25, 0.125, 0.0625])
        }
        #expect(row["b"]?.kind == .array && row["b"]?[0].bool == true)
    }

    @Test(arguments: mistakes) func `refuses in a row what it refuses alone`(_ number: String) {
        #expect(throws: JSONError.self) { try parse("[\(number)]") }
        #expect(throws: JSONError.self) { try parse(long(number)) }
    }

    @Test func `says where a mistake is behind a row`() {
        let error = #expect(throws: JSONError.self) { try parse("{\"a\":[0.5,0.25,0.125,0.0625],\n \"b\":tru}") }
        #expect(error?.position?.line == 2 && error?.position?.column == 6)
    }

    @Test func `fills numbers of every kind from a row`() throws {
        let row = try parse("[0, 1.0, -2, 4e2, 1000000, 123456]")
        var floats = [Float](repeating: 0, count: 6)
        var doubles = [Double](repeating: 0, count: 6)
        var integers = [Int64](repeating: 0, count: 6)
        var lentFloats = floats.mutableSpan
        #expect(row.read(into: &lentFloats) == nil)
        var lentDoubles = doubles.mutableSpan
        #expect(row.read(into: &lentDoubles) == nil)
        var lentIntegers = integers.mutableSpan
        #expect(row.read(into: &lentIntegers) == nil)
        #expect(doubles == [0, 1, -2, 400, 1_000_000, 123_456] && doubles == floats.map(Double.init))
        #expect(integers == [0, 1, -2, 400, 1_000_000, 123_456])
        let fraction = try parse("[1, 2, 3, 4.5, 5, 6, 7, 8]")
        var eight = [Int64](repeating: 0, count: 8)
        var lent = eight.mutableSpan
        #expect(fraction.read(into: &lent) == 3)
    }

    @Test func `takes no string for a row`() throws {
        let row = "[0.5,0.25,0.125,0.0625]"
        #expect(throws: JSONError.self) { try parse("{\"a\":\(row),\"b\":\"\\u00000\"}") }
        #expect(throws: JSONError.self) { try parse("{\"a\":\(row),\"\\u00000\":1}") }
        let text = try parse("{\"a\":\(row),\"b\":\"\\\\u00000\",\"c\":\"\"}")
        #expect(text["b"]?.string == "\\u00000" && text["c"]?.string == "" && text["a"]?.count == 4)
    }

    @Test func `counts numbers of rows as scalars`() throws {
        let text = "[[0.5,0.25,0.125,0.0625],[0.5,0.25,0.125,0.0625]]"
        #expect(throws: JSONError.tooManyScalars(limit: 7)) {
            try parse(text, limits: JSONLimits(depth: 2, containers: 3, scalars: 7))
        }
        #expect(try parse(text, limits: JSONLimits(depth: 2, containers: 3, scalars: 8)).count == 2)
    }

    @Test func `writes a row back as it was read`() throws {
        let text = "[0,1.0,-2,0.1,1e+22,123456]"
        #expect(written { writer in if let row = try? parse(text) { writer.value(row) } } == text)
    }
}
