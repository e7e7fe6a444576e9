/// Spreads a seed's entropy over as many words as a generator's state needs: NumPy's `SeedSequence`, without spawning.
public struct SeedSequence: Sendable, Equatable {
    private var pool: [UInt32]

    /// - Parameter entropy: words of 32 bits, the least significant first. Few or many are as good; NumPy seeds with
    ///   the words of an integer, or with 4 from the system.
    public init(entropy: [UInt32]) {
        var hash = Hash(constant: 0x43b0_d7e5, multiplier: 0x931e_8875)
        pool = (0..<4).map { hash.mixed($0 < entropy.count ? entropy[$0] : 0) }
        for source in 0..<4 {
            for target in 0..<4 where target != source {
                pool[target] = Self.mix(pool[target], hash.mixed(pool[source]))
            }
        }
        for word in entropy.dropFirst(4) {
            for target in 0..<4 {
                pool[target] = Self.mix(pool[target], hash.mixed(word))
            }
        }
    }

    /// The words NumPy makes of `SeedSequence(seed)`.
    public init(seed: UInt64) {
        self.init(entropy: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
    }

    /// `SeedSequence.generate_state(count, uint64)`.
    public func state(count: Int) -> [UInt64] {
        var hash = Hash(constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded)
        return (0..<count).map { index in
            let low = hash.mixed(pool[2 * index % 4])
            let high = hash.mixed(pool[(2 * index + 1) % 4])
            return UInt64(high) << 32 | UInt64(low)
        }
    }

    private static func mix(_ x: UInt32, _ y: UInt32) -> UInt32 {
        let result = 0xca01_f9dd &* x &- 0x4973_f715 &* y
        return result ^ result >> 16
    }

    /// A multiplicative hash whose constant moves on with every word.
    private struct Hash {
        var constant: UInt32
        let multiplier: UInt32

        mutating func mixed(_ word: UInt32) -> UInt32 {
            var value = word ^ constant
            constant &*= multiplier
            value &*= constant
            return value ^ value >> 16
        }
    }
}
