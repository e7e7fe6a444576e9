import Gym

/// Which of many actions are available, drawn anew for every step. What is drawn is one number, from which each entry
/// follows when somebody asks for it: nothing is kept of entries, and who asks for none pays for none.
struct RandomMask {
    private let count: Int
    /// Of 2³² alike, those that are not available.
    private let unavailable: UInt32
    private var seed: UInt64 = 0

    /// - Parameter share: how probably each action is unavailable, below 1.
    init(count: Int, share: Double) {
        self.count = count
        unavailable = UInt32(share * 0x1p32)
    }

    mutating func draw(_ random: inout RandomGenerator) { seed = UInt64(random.integers(0, .max)) }

    /// One action, any, is always available.
    private var spared: Int { Int(SplitMix(seed: ~seed)[0].multipliedFullWidth(by: UInt64(count)).high) }

    func isAvailable(_ action: Int) -> Bool {
        let word = SplitMix(seed: seed)[action / 2]
        let half = action.isMultiple(of: 2) ? UInt32(truncatingIfNeeded: word) : UInt32(word >> 32)
        return half >= unavailable || action == spared
    }

    func write(to mask: inout MutableSpan<Bool>) {
        let words = SplitMix(seed: seed)
        for pair in 0..<count / 2 {
            let word = words[pair]
            mask[2 * pair] = UInt32(truncatingIfNeeded: word) >= unavailable
            mask[2 * pair + 1] = UInt32(word >> 32) >= unavailable
        }
        if !count.isMultiple(of: 2) { mask[count - 1] = isAvailable(count - 1) }
        mask[spared] = true
    }

    func save(to writer: inout StateWriter) { writer.write(seed) }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        seed = try reader.read(UInt64.self)
    }
}
