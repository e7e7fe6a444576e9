import Gym

/// What short texts of actions were read as. The actions of a discrete space come in a few texts, over and over, and most
/// of what a step costs is to read and check one: each is read once, as long as it is among the latest.
struct ReadActions: Sendable {
    /// Bytes of a text that is kept: with its length it fills half a cache line.
    private static let longest = 31
    private static let room = 4

    private struct Entry {
        var text = InlineArray<31, UInt8>(repeating: 0)
        var length: UInt8 = 0
        var actions: [Int64] = []
    }

    private var entries = InlineArray<4, Entry>(repeating: Entry())
    private var next = 0

    /// The actions that a text says; nil where it has not been read lately.
    subscript(text: Span<UInt8>) -> Lanes? {
        guard !text.isEmpty, text.count <= Self.longest else { return nil }
        for index in entries.indices where Int(entries[index].length) == text.count && isSame(index, text) {
            return .int64(entries[index].actions)
        }
        return nil
    }

    private func isSame(_ index: Int, _ text: Span<UInt8>) -> Bool {
        for place in text.indices where entries[index].text[place] != text[place] { return false }
        return true
    }

    /// Keeps what a text says; nothing where it is long, or says numbers that are hardly ever said again.
    mutating func keep(_ actions: Lanes, for text: Span<UInt8>) {
        guard case .int64(let actions) = actions, text.count <= Self.longest else { return }
        for place in text.indices { entries[next].text[place] = text[place] }
        entries[next].length = UInt8(text.count)
        entries[next].actions = actions
        next = (next + 1) % Self.room
    }
}
