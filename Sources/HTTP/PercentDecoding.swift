import Glibc

/// Percent-decoding that happens exactly once, and that cannot fail half-way: the result is text, or there is none.
enum PercentDecoding {
    /// Decodes one path segment or one name or value of a query, where `+` is a space.
    static func text(_ raw: UnsafeBufferPointer<UInt8>, inPath: Bool) throws(PathFault) -> String {
        let isPlain = !raw.contains { $0 == UInt8(ascii: "%") || ($0 == UInt8(ascii: "+") && !inPath) }
        if isPlain { return try validated(raw) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            var byte = raw[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < raw.count, let high = nibble(raw[index]), let low = nibble(raw[index + 1]) else {
                    throw .badPercent
                }
                byte = high << 4 | low
                index += 2
                if byte == 0 { throw .nul }
                if inPath, byte == UInt8(ascii: "/") { throw .encodedSlash }
            } else if byte == UInt8(ascii: "+"), !inPath {
                byte = UInt8(ascii: " ")
            }
            decoded.append(byte)
        }
        return try decoded.withUnsafeBufferPointer { bytes throws(PathFault) in try validated(bytes) }
    }

    private static func validated(_ bytes: UnsafeBufferPointer<UInt8>) throws(PathFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
