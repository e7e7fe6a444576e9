/// The same numbers as `sequence` in Tests/Goldens/networks.py: spread over [-1, 1).
func sequence(_ count: Int, _ salt: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { Float(Double(($0 * 37 + salt * 101) % 97) / 48.5 - 1) * scale }
}

/// Whether two arrays are the same but for rounding.
func agree(_ left: [Float], _ right: [Float], within tolerance: Float = 2e-5) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

/// Numbers that look drawn at random, always the same ones (SplitMix64).
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
