/// An `Accept` header, read as far as one question needs it (RFC 9110, 12.5.1).
enum AcceptHeader {
    /// Whether a type is named, and not with a quality of 0. With `wildcard`, `*/*` and `type/*` name it too.
    static func names(_ type: String, in header: some StringProtocol, wildcard: Bool) -> Bool {
        let type = type.lowercased()
        return header.split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
            guard let name = parts.first, !parts.dropFirst().contains(where: isZeroQuality) else { return false }
            if name == type { return true }
            guard wildcard else { return false }
            return name == "*/*" || (name.hasSuffix("/*") && type.hasPrefix(name.dropLast()))
        }
    }

    private static func isZeroQuality(_ parameter: String) -> Bool {
        parameter.hasPrefix("q=") && Double(parameter.dropFirst(2)) == 0
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
