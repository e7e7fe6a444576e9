/// Random words that follow from a number alone, each for itself: what is drawn for one of a million things costs the
/// same whether or not the others are looked at.
///
/// G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (SplitMix64).
struct SplitMix {
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// Word `index` of those that follow from the seed.
    subscript(index: Int) -> UInt64 {
        var word = seed &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// Number `index`, uniform in [-1, 1), a multiple of 2⁻²³.
    func symmetric(_ index: Int) -> Float { Float(self[index] >> 40) * 0x1p-23 - 1 }
}
