/// The same numbers as `sequence` in Tests/Goldens/networks.py: spread over [-1, 1).
func sequence(_ count: Int, _ salt: Int) -> [Float] {
    (0..<count).map { Float(Double(($0 * 37 + salt * 101) % 97) / 48.5 - 1) }
}
