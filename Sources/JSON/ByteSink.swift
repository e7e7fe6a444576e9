/// Bytes that numbers and strings are printed into, without a String or an allocation in between.
struct ByteSink: TextOutputStream, Sendable {
    var bytes: [UInt8] = []

    init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    mutating func write(_ string: String) {
        bytes.append(contentsOf: string.utf8)
    }

    // The standard library hands a number's digits to this one without making a String; were it to stop, the
    // numbers would arrive through `write` instead.
    // swift-format-ignore: NoLeadingUnderscores
    mutating func _writeASCII(_ digits: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: digits)
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    mutating func append(_ number: Float) {
        if number.isFinite { number.write(to: &self) } else { append(nonFinite: Double(number)) }
    }

    mutating func append(_ number: Double) {
        if number.isFinite { number.write(to: &self) } else { append(nonFinite: number) }
    }

    private mutating func append(nonFinite number: Double) {
        append(number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }

    mutating func append(_ number: Int64) {
        append(magnitude: number.magnitude, isNegative: number < 0)
    }

    mutating func append(magnitude: UInt64, isNegative: Bool) {
        var digits = 1
        var bound: UInt64 = 10
        while magnitude >= bound {
            digits += 1
            let (next, isOver) = bound.multipliedReportingOverflow(by: 10)
            if isOver { break }
            bound = next
        }
        let count = digits + (isNegative ? 1 : 0)
        fill(count) { text in
            var rest = magnitude
            for index in stride(from: count - 1, through: count - digits, by: -1) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
            }
            if isNegative { text[0] = UInt8(ascii: "-") }
        }
    }

    /// Appends a string in quotes, with a comma before it and a colon behind it where they belong.
    mutating func appendQuoted(_ string: String, afterComma: Bool, beforeColon: Bool) {
        var string = string
        string.withUTF8 { text in
            if text.contains(where: Self.needsEscape) {
                append(afterComma ? ",\"" : "\"")
                appendEscaped(text)
                append(beforeColon ? "\":" : "\"")
                return
            }
            fill(text.count + (afterComma ? 3 : 2) + (beforeColon ? 1 : 0)) { room in
                let start = afterComma ? 1 : 0
                room[0] = UInt8(ascii: ",")
                room[start] = UInt8(ascii: "\"")
                let end = room[(start + 1)...].update(fromContentsOf: text)
                room[end] = UInt8(ascii: "\"")
                if beforeColon { room[end + 1] = UInt8(ascii: ":") }
            }
        }
    }

    /// Appends so many bytes, which the closure writes all of.
    @inline(__always)
    private mutating func fill(_ count: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        bytes.append(addingCapacity: count) { output in
            output.withUnsafeMutableBufferPointer { room, initialized in
                write(UnsafeMutableBufferPointer(rebasing: room[..<count]))
                initialized = count
            }
        }
    }

    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var plainStart = 0
        for index in text.indices where Self.needsEscape(text[index]) {
            bytes.append(contentsOf: text[plainStart..<index])
            appendEscape(of: text[index])
            plainStart = index + 1
        }
        bytes.append(contentsOf: text[plainStart...])
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        default:
            append("\\u00")
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 0xF
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + (low - 10))
        }
    }
}
