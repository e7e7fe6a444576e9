/// Where in a JSON value something is (RFC 6901): `/phases/0/steps`. The root is the empty text, which costs nothing to
/// make or to pass, and a short pointer stays within the String itself.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    public private(set) var description: String

    /// The whole value.
    public static let root = JSONPointer()

    public init() {
        description = ""
    }

    public func appending(_ key: String) -> JSONPointer {
        var longer = self
        longer.append(key)
        return longer
    }

    public func appending(_ index: Int) -> JSONPointer {
        var longer = self
        longer.append(index)
        return longer
    }

    public mutating func append(_ key: String) {
        description.append("/")
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": description.append("~0")
            case "/": description.append("~1")
            default: description.unicodeScalars.append(scalar)
            }
        }
    }

    public mutating func append(_ index: Int) {
        description.append("/\(index)")
    }

    /// This pointer seen from further out: what a caller adds when an error comes back through it.
    public func prefixed(by outer: JSONPointer) -> JSONPointer {
        var whole = outer
        whole.description.append(description)
        return whole
    }
}
