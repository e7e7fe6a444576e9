/// Writes JSON straight into bytes. Commas and colons take care of themselves; what comes out is valid JSON as long as
/// every container is closed and every value in an object has had its key.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("reward")
///     writer.value(1.0)
///     writer.endObject()       // {"reward":1.0}
public struct JSONWriter: Sendable {
    private var sink: ByteSink
    /// Whether a comma must come before the next element or key.
    private var followsValue = false
    private var depth = 0

    /// Makes an empty text, with room for that many bytes.
    public init(reserving capacity: Int = 256) {
        sink = ByteSink(reserving: capacity)
    }

    /// What has been written so far.
    public var bytes: [UInt8] { sink.bytes }

    /// Reads what has been written so far without copying it.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(sink.bytes.span)
    }

    /// Hands over what has been written, and starts anew without any room.
    public mutating func take() -> [UInt8] {
        followsValue = false
        depth = 0
        return sink.take()
    }

    /// Starts anew and keeps the room.
    public mutating func removeAll() {
        followsValue = false
        depth = 0
        sink.bytes.removeAll(keepingCapacity: true)
    }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A member's name, of characters that need no escape.
    public mutating func key(_ name: StaticString) {
        sink.appendKey(name, afterComma: followsValue)
        followsValue = false
    }

    /// Whole members that are always the same, as they stand in the text: `"done":false,"info":{}`.
    public mutating func members(_ written: StaticString) {
        sink.append(written, afterComma: followsValue)
        followsValue = true
    }

    /// A member's name, whatever it is.
    public mutating func key(named name: String) {
        sink.appendQuoted(name, afterComma: followsValue, beforeColon: true)
        followsValue = false
    }

    public mutating func value(_ string: String) {
        sink.appendQuoted(string, afterComma: followsValue, beforeColon: false)
        followsValue = true
    }

    public mutating func value(_ flag: Bool) { word(flag ? "true" : "false") }
    public mutating func null() { word("null") }

    public mutating func value(_ number: Int) { value(Int64(number)) }

    public mutating func value(_ number: Int64) {
        separate()
        sink.append(number)
        followsValue = true
    }

    public mutating func value(_ number: UInt64) {
        separate()
        sink.append(magnitude: number, isNegative: false)
        followsValue = true
    }

    /// The shortest text that reads back as the same Float, always with a decimal point or an exponent; the strings
    /// `"Infinity"`, `"-Infinity"` and `"NaN"` where JSON has no number.
    public mutating func value(_ number: Float) {
        separate()
        sink.append(number)
        followsValue = true
    }

    /// As for `Float`.
    public mutating func value(_ number: Double) {
        separate()
        sink.append(number)
        followsValue = true
    }

    /// A value that was parsed, members in their order.
    public mutating func value(_ parsed: JSONValue) {
        switch parsed.kind {
        case .object: object(parsed)
        case .array: array(parsed)
        case .string: value(parsed.string ?? "")
        case .integer: value(parsed.int64 ?? 0)
        case .real: value(parsed.double ?? 0)
        case .bool: value(parsed.bool ?? false)
        case .null: null()
        }
    }

    /// JSON that was written earlier; the caller vouches that it is one whole value.
    public mutating func value(written json: [UInt8]) {
        separate()
        sink.bytes.append(contentsOf: json)
        followsValue = true
    }

    public mutating func array(of numbers: Span<Float>) {
        sink.append(numbers, afterComma: followsValue)
        followsValue = true
    }

    public mutating func array(of numbers: Span<Double>) {
        sink.append(numbers, afterComma: followsValue)
        followsValue = true
    }

    public mutating func array(of numbers: Span<Int64>) {
        beginArray()
        for index in numbers.indices { value(numbers[index]) }
        endArray()
    }

    public mutating func array(of numbers: Span<UInt8>) {
        beginArray()
        for index in numbers.indices { value(UInt64(numbers[index])) }
        endArray()
    }

    public mutating func array(of numbers: [Float]) { array(of: numbers.span) }
    public mutating func array(of numbers: [Double]) { array(of: numbers.span) }
    public mutating func array(of numbers: [Int64]) { array(of: numbers.span) }
    public mutating func array(of numbers: [UInt8]) { array(of: numbers.span) }

    /// Ends a line of newline-delimited JSON: the next value stands on its own.
    public mutating func endLine() {
        assert(depth == 0, "a line ended inside a container")
        sink.bytes.append(UInt8(ascii: "\n"))
        followsValue = false
    }

    private mutating func object(_ parsed: JSONValue) {
        beginObject()
        for (name, member) in JSONMembers(parsed) {
            key(named: name)
            value(member)
        }
        endObject()
    }

    private mutating func array(_ parsed: JSONValue) {
        beginArray()
        for element in JSONElements(parsed) { value(element) }
        endArray()
    }

    @inline(__always)
    private mutating func separate() {
        if followsValue { sink.bytes.append(UInt8(ascii: ",")) }
    }

    @inline(__always)
    private mutating func open(_ bracket: UInt8) {
        separate()
        sink.bytes.append(bracket)
        followsValue = false
        depth += 1
    }

    @inline(__always)
    private mutating func close(_ bracket: UInt8) {
        assert(depth > 0, "a container closed that was never opened")
        sink.bytes.append(bracket)
        followsValue = true
        depth -= 1
    }

    private mutating func word(_ word: StaticString) {
        sink.append(word, afterComma: followsValue)
        followsValue = true
    }
}
