/// Why a path or a query is refused before anybody looks up what it names.
public enum PathFault: Error, Sendable, Equatable, CustomStringConvertible {
    case badPercent, nul, encodedSlash, notUTF8, dotSegment, notAbsolute, blank

    public var description: String {
        switch self {
        case .badPercent: "a percent sign is not followed by two hexadecimal digits"
        case .nul: "%00 is not allowed"
        case .encodedSlash: "%2F is not allowed inside a path segment"
        case .notUTF8: "the text is not UTF-8"
        case .dotSegment: "the path segments . and .. are not allowed"
        case .notAbsolute: "the path does not begin with a slash"
        case .blank: "a space or control character in the path must be percent-encoded"
        }
    }
}
