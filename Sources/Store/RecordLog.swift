import Glibc

/// Records one behind the other in a file that only grows. What a crash left of the last one is known for what it is.
///
/// A record is its length, the CRC-32 of its bytes, and its bytes; both numbers have 32 bits, little-endian.
public enum RecordLog {
    /// A record as it is in the file.
    public static func record(_ bytes: [UInt8]) -> [UInt8] {
        Seal.little(UInt32(bytes.count)) + Seal.little(Seal.checksum(bytes.span)) + bytes
    }

    /// The records of a file, as far as they are whole.
    /// - Returns: the records, the bytes that they take in the file, and whether there is nothing behind them.
    public static func records(in file: [UInt8]) -> (records: [[UInt8]], bytes: Int, isWhole: Bool) {
        var records: [[UInt8]] = []
        var place = 0
        while file.count - place >= 8 {
            let (length, checksum) = (Int(number(file, place)), number(file, place + 4))
            guard file.count - place - 8 >= length else { break }
            let record = Array(file[place + 8..<place + 8 + length])
            guard Seal.checksum(record.span) == checksum else { break }
            records.append(record)
            place += 8 + length
        }
        return (records, place, place == file.count)
    }

    private static func number(_ file: [UInt8], _ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(file[place + $1]) << (8 * UInt32($1)) }
    }
}

extension StateFolder {
    /// The records of a file that ``append(_:to:)`` wrote, as far as they are whole; none where there is no file.
    public func records(in path: String) throws(StoreError) -> (records: [[UInt8]], bytes: Int, isWhole: Bool) {
        RecordLog.records(in: try contents(path) ?? [])
    }

    /// Writes behind a file's end, and has it on disk when this returns. Where it fails, what is at the end is anybody's
    /// guess: nothing more may be written there.
    public func append(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let file = self.path(path)
        try Self.filing("writing \(file)") { () throws(SystemFault) in
            let descriptor = try Descriptor(opening: file, O_WRONLY | O_APPEND | O_CREAT)
            let isNew = try descriptor.size == 0
            try descriptor.write(bytes.span)
            try descriptor.syncData()
            if isNew { try FileSystem.sync(folder: Self.split(file).parent) }
        }
    }
}
