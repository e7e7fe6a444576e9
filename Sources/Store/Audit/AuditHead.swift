import JSON

/// A place in the audit log: after a record, by its number and its chain.
public struct AuditHead: Sendable, Equatable {
    public var sequence: Int
    /// SHA-256 over the chain of the record before and this one's text.
    public var chain: [UInt8]

    public init(sequence: Int, chain: [UInt8]) {
        self.sequence = sequence
        self.chain = chain
    }

    /// Before the first record.
    public static let start = AuditHead(sequence: 0, chain: [UInt8](repeating: 0, count: SHA256.count))
}

/// A record as it stands in the log: a JSON object that begins with its number and ends with its chain.
///
///     {"sequence":7,"time":"2026-03-01T12:00:00.000Z","event":"change",…,"chain":"9f86d081…"}
///
/// The chain is SHA-256 over the 32 bytes of the chain before, and the text up to `,"chain"`.
enum AuditLine {
    private static let mark = Array(",\"chain\":\"".utf8)
    private static let end = Array("\"}".utf8)
    private static let tail = mark.count + 2 * SHA256.count + end.count

    /// - Parameter write: writes the members after the number.
    /// - Returns: the line with its break, and the head after it.
    static func make(after head: AuditHead, _ write: (inout JSONWriter) -> Void) -> (line: [UInt8], head: AuditHead) {
        var writer = JSONWriter(reserving: 512)
        writer.beginObject()
        writer.key("sequence")
        writer.value(head.sequence + 1)
        write(&writer)
        var line = writer.take()
        let chained = head.chain + line
        let chain = SHA256.digest(of: chained.span)
        line += mark
        line += chain.hexadecimalDigits
        line += end
        line.append(UInt8(ascii: "\n"))
        return (line, AuditHead(sequence: head.sequence + 1, chain: chain))
    }

    /// Checks a line, without its break, against the head before it.
    /// - Returns: the head after it; nil where it is not what was written there.
    static func check(_ line: ArraySlice<UInt8>, after head: AuditHead) -> AuditHead? {
        let number = "{\"sequence\":\(head.sequence + 1),"
        guard line.count > tail, line.starts(with: number.utf8) else { return nil }
        let text = line.dropLast(tail)
        let chained = head.chain + text
        let chain = SHA256.digest(of: chained.span)
        guard line.dropFirst(text.count).elementsEqual(mark + chain.hexadecimalDigits + end) else { return nil }
        return AuditHead(sequence: head.sequence + 1, chain: chain)
    }

    /// The chain before a segment, as the segment's first line says it.
    static func origin(of line: ArraySlice<UInt8>) -> [UInt8]? {
        let bytes = Array(line)
        guard let json = try? JSONDocument(parsing: bytes.span).root, let text = json["after"]?.string,
            text.utf8.count == 2 * SHA256.count
        else { return nil }
        return [UInt8](hexadecimal: text)
    }
}
