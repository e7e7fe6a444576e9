/// The bit generator under every draw: PCG XSL-RR 128/64, as NumPy's `PCG64`, with its buffer of 32 bits.
///
/// M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
/// Generation", 2014.
public struct PCG64: Sendable, Equatable {
    @usableFromInline var state: UInt128
    @usableFromInline let increment: UInt128
    private var hasBuffered = false
    private var buffered: UInt32 = 0

    @usableFromInline static let multiplier: UInt128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645

    /// `PCG64(SeedSequence(…))`.
    public init(_ sequence: SeedSequence) {
        let words = sequence.state(count: 4)
        increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
        state = increment &+ (UInt128(words[0]) << 64 | UInt128(words[1]))
        advance()
    }

    @inlinable mutating func advance() {
        state = state &* Self.multiplier &+ increment
    }

    /// 64 uniform bits. The 32 bits that `next32` may hold back stay where they are, as in NumPy.
    @inlinable @inline(__always) public mutating func next64() -> UInt64 {
        advance()
        let high = UInt64(truncatingIfNeeded: state >> 64)
        let folded = high ^ UInt64(truncatingIfNeeded: state)
        let turn = high >> 58
        return folded >> turn | folded << (64 &- turn & 63)
    }

    /// 32 uniform bits: the lower half of a fresh word, then its upper half.
    public mutating func next32() -> UInt32 {
        if hasBuffered {
            hasBuffered = false
            return buffered
        }
        let word = next64()
        hasBuffered = true
        buffered = UInt32(word >> 32)
        return UInt32(truncatingIfNeeded: word)
    }

    /// The whole state in 6 words: state and increment (upper half first), whether 32 bits are held back, and which.
    public var words: [UInt64] {
        [
            UInt64(state >> 64), UInt64(truncatingIfNeeded: state),
            UInt64(increment >> 64), UInt64(truncatingIfNeeded: increment),
            hasBuffered ? 1 : 0, UInt64(buffered),
        ]
    }

    /// The generator that had these `words`; nil where no generator can have had them.
    public init?(words: [UInt64]) {
        guard words.count == 6, words[3] & 1 == 1, words[4] <= 1, let buffered = UInt32(exactly: words[5]) else {
            return nil
        }
        state = UInt128(words[0]) << 64 | UInt128(words[1])
        increment = UInt128(words[2]) << 64 | UInt128(words[3])
        hasBuffered = words[4] == 1
        self.buffered = buffered
    }
}
