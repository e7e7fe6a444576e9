import CZlib

/// The last bytes of every file that is kept: a checksum of the bytes before, so that a torn file is known for one. It is
/// in the file, so that it is replaced with it. Files of older versions have none, and are as good as their format says.
///
/// Layout: "lamdseal", CRC-32 of what comes before, its length modulo 2^32; both little-endian.
enum Seal {
    private static let magic = Array("lamdseal".utf8)
    static let size = 16

    /// - Parameter start: the checksum of what comes before.
    static func checksum(_ bytes: Span<UInt8>, after start: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(start), buffer.baseAddress, buffer.count))
        }
    }

    static func make(for bytes: Span<UInt8>) -> [UInt8] {
        magic + little(checksum(bytes)) + little(UInt32(truncatingIfNeeded: bytes.count))
    }

    /// Takes the seal off.
    /// - Returns: whether there was one.
    /// - Throws: a clause that says what is wrong.
    static func open(_ bytes: inout [UInt8]) throws(Broken) -> Bool {
        guard bytes.count >= size, bytes[(bytes.count - size)...].starts(with: magic) else { return false }
        let seal = Array(bytes.suffix(size))
        bytes.removeLast(size)
        guard seal == make(for: bytes.span) else { throw Broken(reason: "its checksum is wrong") }
        return true
    }

    struct Broken: Error {
        let reason: String
    }

    /// A number, its lowest byte first.
    static func little(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
