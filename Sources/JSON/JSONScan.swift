/// One look at the bytes before jansson gets them: counts what the limits are about, and recognises the words that other
/// languages take for JSON. Grammar stays jansson's business.
struct JSONScan {
    private let limits: JSONLimits
    private var depth = 0
    private var containers = 0
    private var scalars = 0
    /// The rows of numbers that were met.
    private(set) var rows = NumberRows()
    /// Whether a string has an escaped NUL.
    private(set) var hasNul = false

    init(limits: JSONLimits) {
        self.limits = limits
    }

    /// Passes over the whole text once.
    mutating func check(_ text: Span<UInt8>) throws(JSONError) {
        var index = Self.start(of: text)
        if index == text.count { throw .empty }
        if text[index] == 0xEF {
            throw .syntax(reason: "it begins with a byte order mark; leave it out", at: JSONPosition(of: 0, in: text))
        }
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "{"):
                try open(at: index, in: text)
                index += 1
            case UInt8(ascii: "["):
                try open(at: index, in: text)
                index = try row(from: index, in: text) ?? index + 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
            case UInt8(ascii: "\""):
                try countScalar()
                index = try endOfString(from: index + 1, in: text)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                try countScalar()
                index = try word(from: index, in: text)
            default:
                index += 1
            }
        }
    }

    /// Passes over a row of numbers, and returns where it ends; nil where there is none.
    private mutating func row(from start: Int, in text: Span<UInt8>) throws(JSONError) -> Int? {
        let before = rows.numbers.count
        guard let end = text.withUnsafeBytes({ rows.read($0, at: start, numberBytes: limits.numberBytes) }) else {
            return nil
        }
        depth -= 1
        scalars += rows.numbers.count - before
        if scalars > limits.scalars { throw .tooManyScalars(limit: limits.scalars) }
        return end
    }

    private mutating func open(at index: Int, in text: Span<UInt8>) throws(JSONError) {
        depth += 1
        containers += 1
        if depth > limits.depth { throw .tooDeep(limit: limits.depth, at: JSONPosition(of: index, in: text)) }
        if containers > limits.containers { throw .tooManyContainers(limit: limits.containers) }
    }

    private mutating func countScalar() throws(JSONError) {
        scalars += 1
        if scalars > limits.scalars { throw .tooManyScalars(limit: limits.scalars) }
    }

    /// Passes over a number or a bare word, and returns where it ends.
    private func word(from start: Int, in text: Span<UInt8>) throws(JSONError) -> Int {
        var end = start + 1
        while end < text.count, Self.belongsToWord(text[end]) { end += 1 }
        if Self.isDigit(text[start])
            || (text[start] == UInt8(ascii: "-") && end > start + 1 && Self.isDigit(text[start + 1]))
        {
            if end - start > limits.numberBytes {
                throw .numberTooLong(limit: limits.numberBytes, at: JSONPosition(of: start, in: text))
            }
        } else if end - start <= 9, let word = Self.foreignWord(text, start, end) {
            throw .foreignWord(word, at: JSONPosition(of: start, in: text))
        }
        return end
    }

    private static let foreignWords = [
        "NaN", "-NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "-inf", "Inf", "-Inf", "None", "undefined", "nil",
        "NULL", "Null", "True", "TRUE", "False", "FALSE",
    ]

    private static func foreignWord(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> String? {
        switch text[start] {
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return nil
        case UInt8(ascii: "n") where end - start == 4: return nil
        default: break
        }
        var word = ""
        for index in start..<end { word.unicodeScalars.append(Unicode.Scalar(text[index])) }
        return foreignWords.contains(word) ? word : nil
    }

    /// Where the first byte is that is not white space.
    private static func start(of text: Span<UInt8>) -> Int { text.withUnsafeBytes { skipSpace($0, 0) } }

    /// Where the white space that may be at `start` ends.
    static func skipSpace(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var index = start
        while index < text.count, isSpace(text[index]) { index += 1 }
        return index
    }

    private mutating func endOfString(from start: Int, in text: Span<UInt8>) throws(JSONError) -> Int {
        var index = start
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            if text[index] < 0x20 {
                let reason = "line ends and control characters must be escaped in a string, as \\n is"
                throw .syntax(reason: reason, at: JSONPosition(of: index, in: text))
            }
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            hasNul = hasNul || Self.isNul(at: index, in: text)
            index += 2
        }
        return min(index + 1, text.count)
    }

    /// Whether `\u0000` stands there.
    private static func isNul(at index: Int, in text: Span<UInt8>) -> Bool {
        guard index + 5 < text.count, text[index + 1] == UInt8(ascii: "u") else { return false }
        return (2...5).allSatisfy { text[index + $0] == UInt8(ascii: "0") }
    }

    /// Whether a byte may stand inside a number or a bare word.
    static func belongsToWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
