/// The end of what a process printed, a line at a time.
struct LastWords: Sendable {
    private static let kept = 2048
    private var tail: [UInt8] = []
    private var line: [UInt8] = []

    /// - Returns: the lines that are whole now.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> [String] {
        tail += bytes
        if tail.count > 2 * Self.kept { tail.removeFirst(tail.count - Self.kept) }
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: line, as: UTF8.self))
                line.removeAll(keepingCapacity: true)
            } else if line.count < Self.kept {
                line.append(byte)
            }
        }
        return lines.filter { !$0.isEmpty }
    }

    /// The last lines, on one.
    var text: String {
        var lines = String(decoding: tail.suffix(Self.kept), as: UTF8.self).split(whereSeparator: \.isNewline)
        // What Python says of a crash begins with what it was, and goes on with all that it had loaded.
        if let crash = lines.firstIndex(where: { $0.hasPrefix("Fatal Python error") }) {
            lines = Array(lines[...crash])
        }
        return lines.suffix(3).map { $0.trimmingPrefix { $0.isWhitespace } }.joined(separator: " | ")
    }
}
