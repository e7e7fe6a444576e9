import Synchronization

/// What jansson made of the latest short texts with rows of numbers. Requests of one kind differ in the numbers of their
/// rows and in nothing else: their structure is parsed once.
final class JSONStructures: Sendable {
    static let latest = JSONStructures()

    /// Bytes of a text, rows not counted, that is kept.
    private static let longest = 256
    private static let room = 16

    private struct State {
        var entries: [(text: [UInt8], nodes: JSONNodes)] = []
        var next = 0
    }

    private let state = Mutex(State())

    subscript(text: [UInt8]) -> JSONNodes? {
        guard text.count <= Self.longest else { return nil }
        return state.withLock { state in state.entries.first { $0.text == text }?.nodes }
    }

    func keep(_ nodes: JSONNodes, of text: [UInt8]) {
        guard text.count <= Self.longest else { return }
        state.withLock { state in
            if state.entries.count < Self.room {
                state.entries.append((text, nodes))
            } else {
                state.entries[state.next] = (text, nodes)
                state.next = (state.next + 1) % Self.room
            }
        }
    }
}
