import Foundation

/// A file of the audit log: lines in order, the first of which says what was before. It is named after its first record.
struct AuditSegment {
    let first: Int
    let path: String

    init(first: Int, in folder: String) {
        let digits = String(first)
        self.first = first
        path = "\(folder)/\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).ndjson"
    }

    /// Those in a folder, oldest first.
    static func all(in folder: String) -> [AuditSegment] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".ndjson") }
            .compactMap { Int($0.dropLast(7)).map { AuditSegment(first: $0, in: folder) } }
            .sorted { $0.first < $1.first }
    }

    /// Empty where there is no file any more.
    func contents() throws(StoreError) -> [UInt8] {
        try StateFolder.filing("reading \(path)") { () throws(SystemFault) in
            do throws(SystemFault) {
                let descriptor = try Descriptor(opening: path, O_RDONLY)
                return try descriptor.read(try descriptor.size)
            } catch {
                guard error.code == ENOENT else { throw error }
                return []
            }
        }
    }

    /// Where the log was before this segment, as its first line says.
    func origin(in contents: [UInt8]) -> AuditHead? {
        guard let line = Self.lines(contents).first else { return nil }
        return AuditLine.origin(of: line).map { AuditHead(sequence: first - 1, chain: $0) }
    }

    /// Whole lines, without their breaks; what is behind the last break is none.
    static func lines(_ contents: [UInt8]) -> [ArraySlice<UInt8>] {
        contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    }

    /// What is behind the last break.
    static func torn(_ contents: [UInt8]) -> Int {
        contents.count - (contents.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    }

    /// Seconds since 1970 of the last write; the distant past where there is no file.
    var changedAt: Double {
        let about = try? FileManager.default.attributesOfItem(atPath: path)
        return (about?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    }

    var size: Int { (try? Descriptor(opening: path, O_RDONLY).size) ?? 0 }
}
