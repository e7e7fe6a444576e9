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
    public var hexadecimal: String {
        let digits = Array<Character>("0123456789abcdef")
        return String(flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// Whether both are the same, found out in a time that does not tell where they differ.
    public func isEqualInConstantTime(to other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return zip(self, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
