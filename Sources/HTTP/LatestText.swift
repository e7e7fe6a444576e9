import Glibc

/// The latest value that a header field had on a connection: nearly all clients send the same on every request, and what it
/// came to need not be found out again.
struct LatestText<let capacity: Int> {
    private var text = InlineArray<capacity, CChar>(repeating: 0)

    func isSame(_ field: UnsafePointer<CChar>) -> Bool {
        field.pointee != 0
            && text.span.withUnsafeBytes { known in
                known.baseAddress.map { strcmp($0.assumingMemoryBound(to: CChar.self), field) == 0 } ?? false
            }
    }

    /// Keeps it where it fits.
    /// - Returns: whether it does.
    @discardableResult
    mutating func keep(_ field: UnsafePointer<CChar>) -> Bool {
        let length = strlen(field)
        guard length < capacity else { return false }
        for place in 0...length { text[place] = field[place] }
        return true
    }
}
