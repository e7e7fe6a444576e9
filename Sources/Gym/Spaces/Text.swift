/// A string of characters from a set, of bounded length (Gymnasium's `Text`).
public struct Text: Sendable, Equatable {
    public let minLength: Int
    public let maxLength: Int
    /// The characters, in the order that sampling draws them from.
    public let charset: [Character]

    /// Gymnasium's default character set, digits and letters, in the order that it draws from.
    public static let alphanumeric = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// - Precondition: `0 <= minLength <= maxLength`.
    public init(maxLength: Int, minLength: Int = 1, charset: [Character] = alphanumeric) {
        precondition(0 <= minLength && minLength <= maxLength, "a text's lengths must be in order")
        self.minLength = minLength
        self.maxLength = maxLength
        self.charset = charset
    }

    func check(_ value: some Structured) throws(SpaceMismatch) {
        guard let string = value.asString else { throw SpaceMismatch("expected a string, not \(value.kindName)") }
        guard (minLength...maxLength).contains(string.unicodeScalars.count) else {
            throw SpaceMismatch(
                "expected \(minLength) to \(maxLength) characters, not \(string.unicodeScalars.count)")
        }
        if let stranger = string.first(where: { !charset.contains($0) }) {
            throw SpaceMismatch("the character \"\(stranger)\" is not in the space's charset")
        }
    }
}
