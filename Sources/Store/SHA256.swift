import CGnuTLS

/// SHA-256 (FIPS 180-4), by GnuTLS, which libmicrohttpd brings.
public enum SHA256 {
    /// Bytes of a digest.
    public static let count = 32

    public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        [UInt8](capacity: count) { digest in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe digest.withUnsafeMutableBufferPointer { buffer, initialized in
                    let status = unsafe gnutls_hash_fast(
                        GNUTLS_DIG_SHA256, bytes.baseAddress, bytes.count, buffer.baseAddress)
                    precondition(status == 0, "GnuTLS has no SHA-256")
                    initialized = count
                }
            }
        }
    }

    public static func digest(of text: String) -> [UInt8] { digest(of: text.utf8Span.span) }
}

extension [UInt8] {
    /// In lowercase hexadecimal digits.
    public var hexadecimal: String { String(decoding: hexadecimalDigits, as: UTF8.self) }

    /// The same as ASCII.
    var hexadecimalDigits: [UInt8] {
        func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
        return [UInt8](capacity: 2 * count) { digits in
            for byte in self {
                digits.append(digit(byte >> 4))
                digits.append(digit(byte & 15))
            }
        }
    }

    /// Reads lowercase hexadecimal digits, two a byte.
    public init?(hexadecimal text: String) {
        let digits = text.utf8.map { UInt8(truncatingIfNeeded: Character(Unicode.Scalar($0)).hexDigitValue ?? 255) }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 < 16 }) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Whether both are the same, found out in a time that does not tell where they differ.
    public func isEqualInConstantTime(to other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return zip(self, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
