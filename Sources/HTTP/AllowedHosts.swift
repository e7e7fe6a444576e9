import Glibc

/// The names that a server answers to. A page in a browser can have its own name point at this machine (DNS rebinding) and
/// would then be of one origin with the server: what gives it away is the name in `Host`.
public struct AllowedHosts: Sendable {
    private let isEvery: Bool
    /// In lower case.
    private let names: Set<String>

    /// - Parameter names: besides addresses and `localhost`, which need no mention; `*` stands for all.
    public init(_ names: [String] = []) {
        isEvery = names.contains("*")
        self.names = Set(names.map { $0.lowercased() })
    }

    func adding(_ more: [String]) -> AllowedHosts { AllowedHosts(Array(names) + more) }

    /// - Parameter field: the value of `Host`, with or without a port, which does not matter.
    func admits(_ field: UnsafePointer<CChar>) -> Bool { isEvery || admits(String(cString: field)) }

    private func admits(_ field: String) -> Bool {
        if field.hasPrefix("[") {
            guard let end = field.firstIndex(of: "]"), Self.isPort(field[field.index(after: end)...]) else {
                return false
            }
            return Self.isAddress(String(field[field.index(after: field.startIndex)..<end]), AF_INET6)
        }
        let end = field.firstIndex(of: ":") ?? field.endIndex
        guard Self.isPort(field[end...]) else { return false }
        let name = field[..<end].lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || names.contains(name)
            || Self.isAddress(name, AF_INET)
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber })
    }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }
}
