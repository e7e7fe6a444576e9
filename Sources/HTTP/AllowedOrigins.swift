/// The pages of browsers that may send requests, besides those that the server itself would have delivered.
public struct AllowedOrigins: Sendable {
    private let isEvery: Bool
    private let origins: Set<WebOrigin>

    public static let none = AllowedOrigins(every: false, [])
    /// Also those without an origin of their own, which say `null`.
    public static let every = AllowedOrigins(every: true, [])

    public static func only(_ origins: [WebOrigin]) -> AllowedOrigins { AllowedOrigins(every: false, origins) }

    private init(every: Bool, _ origins: [WebOrigin]) {
        isEvery = every
        self.origins = Set(origins)
    }

    /// - Parameter origin: what is not even an origin is never admitted.
    func admits(_ origin: String) -> Bool {
        guard let parsed = WebOrigin(origin) else { return isEvery && origin == "null" }
        return isEvery || origins.contains(parsed)
    }
}

/// Where a page comes from, as browsers write it into `Origin`: `https://example.com` or `http://localhost:5173`.
public struct WebOrigin: Sendable, Hashable {
    private let scheme: String
    /// The host, and the port where it is not the scheme's own.
    private let authority: String

    /// nil where the text is none: it has a path, say, or no scheme.
    public init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        let authority = text[mark.upperBound...].lowercased()
        let isScheme = scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        let isAuthority = authority.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:[]%".contains($0)) }
        guard isScheme, isAuthority, scheme.first?.isLetter == true, !authority.isEmpty, !authority.hasPrefix(":")
        else {
            return nil
        }
        self.scheme = scheme
        self.authority = Self.withoutUsualPort(authority, of: scheme)
    }

    /// Whether a page from here and a server asked by this `Host` are one. Who speaks TLS to the page may be a proxy, so
    /// that either scheme will do.
    func isServed(by host: String) -> Bool {
        (scheme == "http" || scheme == "https") && Self.withoutUsualPort(host.lowercased(), of: scheme) == authority
    }

    private static func withoutUsualPort(_ authority: String, of scheme: String) -> String {
        switch scheme {
        case "http" where authority.hasSuffix(":80"): String(authority.dropLast(3))
        case "https" where authority.hasSuffix(":443"): String(authority.dropLast(4))
        default: authority
        }
    }
}
