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
        if magnitude < 10, !isNegative {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = digits.count
        var rest = magnitude
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        bytes.append(addingCapacity: digits.count - start + 1) { output in
            if isNegative { output.append(UInt8(ascii: "-")) }
            for index in start..<digits.count { output.append(digits[index]) }
        }
    }

    mutating func appendQuoted(_ string: String) {
        var string = string
        string.withUTF8 { text in
            bytes.reserveCapacity(bytes.count + text.count + 2)
            bytes.append(UInt8(ascii: "\""))
            var plainStart = 0
            for index in text.indices where Self.needsEscape(text[index]) {
                bytes.append(contentsOf: text[plainStart..<index])
                appendEscape(of: text[index])
                plainStart = index + 1
            }
            bytes.append(contentsOf: text[plainStart...])
            bytes.append(UInt8(ascii: "\""))
        }
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
