import JSON
import Logging

/// What a line of the log looks like.
enum LogFormat: String, CaseIterable {
    /// As ``plain``; but in the journal, which keeps the time and the level itself, only the rest.
    case auto
    /// Time, level, text, `key=value`.
    case plain
    /// An object: `time`, `level`, `message`, and the fields by their names.
    case json

    /// - Parameters:
    ///   - prefix: what stands before the line.
    ///   - time: left out where nil.
    ///   - capacity: of the line in bytes, without its end.
    func line(
        prefix: String, time: String?, level: Logger.Level, message: String, fields: Logger.Metadata, capacity: Int
    ) -> [UInt8] {
        let fields = fields.sorted { $0.key < $1.key }
        if self == .json {
            return Self.object(prefix, time ?? "", level, message, fields, capacity: capacity)
        }
        var text = prefix
        if let time { text += "\(time) \(level) " }
        text += message
        for (key, value) in fields { text += " \(key)=\(value)" }
        return text.utf8.prefix(capacity).map(Self.visible)
    }

    /// Whoever writes a path or a name must not be able to write a line of the log.
    private static func visible(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\t"): UInt8(ascii: " ")
        case 0..<0x20, 0x7F: UInt8(ascii: "?")
        default: byte
        }
    }

    /// An object that was cut would be none: its texts are.
    private static func object(
        _ prefix: String, _ time: String, _ level: Logger.Level, _ message: String,
        _ fields: [(key: String, value: Logger.MetadataValue)], capacity: Int
    ) -> [UInt8] {
        var line: [UInt8] = []
        for longest in [capacity, capacity / 4, capacity / 16, capacity / 64] {
            var writer = JSONWriter()
            let cut = { (text: String) in
                text.utf8.count > longest ? String(decoding: text.utf8.prefix(longest), as: UTF8.self) : text
            }
            writer.beginObject()
            writer.key("time")
            writer.value(time)
            writer.key("level")
            writer.value(level.rawValue)
            writer.key("message")
            writer.value(cut(message))
            for (key, value) in fields {
                writer.key(named: key)
                if case .stringConvertible(let number as Int) = value {
                    writer.value(number)
                } else {
                    writer.value(cut("\(value)"))
                }
            }
            writer.endObject()
            line = Array(prefix.utf8) + writer.take()
            if line.count <= capacity { break }
        }
        return line
    }
}
