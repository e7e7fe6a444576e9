/// Bytes that numbers and strings are printed into, without a String or an allocation in between.
struct ByteSink: Sendable {
    var bytes: [UInt8] = []

    init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ word: StaticString) { append(word, afterComma: false) }

    mutating func append(_ word: StaticString, afterComma: Bool) {
        let count = word.utf8CodeUnitCount
        fill(count + 1) { room in
            room[0] = UInt8(ascii: ",")
            let start = afterComma ? 1 : 0
            (room + start).update(from: word.utf8Start, count: count)
            return start + count
        }
    }

    /// Appends a member's name, which the programmer vouches for: nothing in it needs an escape.
    mutating func appendKey(_ name: StaticString, afterComma: Bool) {
        let count = name.utf8CodeUnitCount
        assert(!UnsafeBufferPointer(start: name.utf8Start, count: count).contains(where: Self.needsEscape))
        fill(count + 4) { room in
            room[0] = UInt8(ascii: ",")
            let start = afterComma ? 1 : 0
            room[start] = UInt8(ascii: "\"")
            (room + start + 1).update(from: name.utf8Start, count: count)
            room[start + count + 1] = UInt8(ascii: "\"")
            room[start + count + 2] = UInt8(ascii: ":")
            return start + count + 3
        }
    }

    mutating func append(_ number: Float) { fill(Digits.most) { Digits.write(number, to: $0) } }

    mutating func append(_ number: Double) { fill(Digits.most) { Digits.write(number, to: $0) } }

    /// Appends an array of numbers.
    mutating func append(_ numbers: Span<Float>, afterComma: Bool) {
        append(numbers.count, afterComma: afterComma) { Digits.write(numbers[$0], to: $1) }
    }

    /// As of Floats.
    mutating func append(_ numbers: Span<Double>, afterComma: Bool) {
        append(numbers.count, afterComma: afterComma) { Digits.write(numbers[$0], to: $1) }
    }

    /// - Parameter write: writes a number's digits and says how many.
    @inline(__always)
    private mutating func append(
        _ count: Int, afterComma: Bool, _ write: (Int, UnsafeMutablePointer<UInt8>) -> Int
    ) {
        append("[", afterComma: afterComma)
        // So many at once that room is made rarely, and so few that little of it stays empty.
        for start in stride(from: 0, to: count, by: 16) {
            let end = min(start + 16, count)
            fill((Digits.most + 1) * (end - start)) { room in
                var length = 0
                for index in start..<end {
                    if index > 0 {
                        room[length] = UInt8(ascii: ",")
                        length += 1
                    }
                    length += write(index, room + length)
                }
                return length
            }
        }
        append(UInt8(ascii: "]"))
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
            return count
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
            fill(text.count + 4) { room in
                room[0] = UInt8(ascii: ",")
                let start = afterComma ? 1 : 0
                room[start] = UInt8(ascii: "\"")
                if let first = text.baseAddress { (room + start + 1).update(from: first, count: text.count) }
                let end = start + text.count + 1
                room[end] = UInt8(ascii: "\"")
                room[end + 1] = UInt8(ascii: ":")
                return end + (beforeColon ? 2 : 1)
            }
        }
    }

    /// Makes room for so many bytes at once, of which the closure writes some and says how many.
    @inline(__always)
    private mutating func fill(_ most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        bytes.append(addingCapacity: most) { output in
            output.withUnsafeMutableBufferPointer { room, initialized in
                if let start = room.baseAddress { initialized = write(start) }
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
