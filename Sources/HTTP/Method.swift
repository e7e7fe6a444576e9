/// What a request asks for. A method outside the list is `other`: it is answered 405, never served.
public enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, other

    /// As on the wire; `other` has no name of its own.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "OTHER"
        }
    }

    /// Methods are case-sensitive (RFC 9110, 9.1).
    init(_ text: UnsafePointer<CChar>) {
        func isNamed(_ name: StaticString) -> Bool {
            name.withUTF8Buffer { name in
                name.indices.allSatisfy { UInt8(bitPattern: text[$0]) == name[$0] } && text[name.count] == 0
            }
        }
        if isNamed("POST") {
            self = .post
        } else if isNamed("GET") {
            self = .get
        } else if isNamed("HEAD") {
            self = .head
        } else if isNamed("PUT") {
            self = .put
        } else if isNamed("PATCH") {
            self = .patch
        } else if isNamed("DELETE") {
            self = .delete
        } else if isNamed("OPTIONS") {
            self = .options
        } else {
            self = .other
        }
    }
}

/// The methods that a path answers to.
public struct MethodSet: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ method: Method) {
        rawValue = 1 << method.rawValue
    }

    /// The value of an `Allow` header: `GET, HEAD, OPTIONS`.
    public var allow: String {
        Method.allCases.filter { contains(MethodSet($0)) }.map(\.name).joined(separator: ", ")
    }
}
