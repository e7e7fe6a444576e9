/// One event of a stream, as the WHATWG's HTML standard has them.
struct ServerSentEvent {
    var id: String?
    var name = "message"
    var data: [UInt8] = []
}

/// Takes bytes as they come and hands on whole events.
final class EventReader {
    private let onEvent: (ServerSentEvent) -> Void
    private var line: [UInt8] = []
    private var event = ServerSentEvent()

    init(_ onEvent: @escaping (ServerSentEvent) -> Void) {
        self.onEvent = onEvent
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"): endLine()
            case UInt8(ascii: "\r"): continue
            default: line.append(byte)
            }
        }
    }

    private func endLine() {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "id": event.id = String(decoding: value, as: UTF8.self)
        case "event": event.name = String(decoding: value, as: UTF8.self)
        case "data":
            if !event.data.isEmpty { event.data.append(UInt8(ascii: "\n")) }
            event.data += value
        default: break  // A comment, or a field that the standard says to ignore.
        }
    }

    private func endEvent() {
        if !event.data.isEmpty { onEvent(event) }
        event = ServerSentEvent()
    }
}
