/// The same numbers as `sequence` in Tests/Goldens/networks.py: spread over [-1, 1).
func sequence(_ count: Int, _ salt: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { Float(Double(($0 * 37 + salt * 101) % 97) / 48.5 - 1) * scale }
}

/// Whether two arrays are the same but for rounding.
func agree(_ left: [Float], _ right: [Float], within tolerance: Float = 2e-5) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
