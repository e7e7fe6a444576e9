/// A place in a JSON text, as an editor would show it.
public struct JSONPosition: Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// Counted in characters (Unicode scalars) from 1.
    public let column: Int
    /// Counted from 0, from the start of the text.
    public let byte: Int

    /// Finds line and column of a byte; only walked when there is an error to report.
    init(of byte: Int, in text: Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(byte, text.count) {
            let unit = text[index]
            if unit == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if unit & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
        self.byte = byte
    }

    /// `line 1, column 12`
    public var description: String { "line \(line), column \(column)" }
}
