/// Rows of masks, a bit for each member: a byte each would make masks of large action spaces most of a replay.
struct MaskRows: Sendable, Equatable {
    /// Members of a row; 0 where nothing is masked.
    let members: Int
    private(set) var words: [UInt64]

    init(rows: Int, members: Int) {
        self.members = members
        words = Array(repeating: .max, count: rows * Self.words(members))
    }

    var isEmpty: Bool { members == 0 }

    private static func words(_ members: Int) -> Int { (members + 63) / 64 }

    var wordsPerRow: Int { Self.words(members) }

    func isAllowed(_ row: Int, _ member: Int) -> Bool {
        words[row * wordsPerRow + member >> 6] >> UInt64(member & 63) & 1 != 0
    }

    /// Takes row `source` of bytes, `members` each.
    mutating func set(_ row: Int, to bytes: [UInt8], row source: Int) {
        let (first, start) = (row * wordsPerRow, source * members)
        for word in 0..<wordsPerRow {
            var bits: UInt64 = 0
            for member in word << 6..<min((word + 1) << 6, members) where bytes[start + member] != 0 {
                bits |= 1 << UInt64(member & 63)
            }
            words[first + word] = bits
        }
    }

    /// Makes room for as many rows again.
    mutating func double() { words += repeatElement(.max, count: words.count) }

    mutating func replace(_ first: [UInt64]) { words.replaceSubrange(0..<first.count, with: first) }
}
