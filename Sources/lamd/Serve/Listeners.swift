import Glibc
import HTTP

/// The addresses to listen at, the service manager's and our own.
struct Listeners {
    static let usual = "127.0.0.1:8808"

    let addresses: [ListenAddress]
    /// The first that others can reach.
    let open: ListenAddress?

    /// - Throws: where an address cannot be read.
    init(_ texts: [String], inherited: [InheritedSocket]) throws(SettingsError) {
        var own: [ListenAddress] = []
        for text in texts { own.append(try Self.parse(text)) }
        addresses = inherited.map { .inherited(descriptor: $0.descriptor) } + own
        open = (inherited.compactMap(\.address) + own).first(where: Self.isOpen)
    }

    private static func parse(_ text: String) throws(SettingsError) -> ListenAddress {
        if text.hasPrefix("unix:"), text.count > 5 { return .unix(path: String(text.dropFirst(5))) }
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw .invalidValue(
                place: "listen", text: text, expected: "HOST:PORT, such as \(usual) or [::1]:0, or unix:PATH")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return .tcp(host: String(host), port: port)
    }

    private static func isOpen(_ address: ListenAddress) -> Bool {
        guard case .tcp(let host, _) = address else { return false }
        return !isLoopback(host)
    }

    /// Names other than `localhost` may mean anything tomorrow.
    private static func isLoopback(_ host: String) -> Bool {
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return UInt32(bigEndian: address.s_addr) >> 24 == 127 }
        return host == "localhost" || host == "::1"
    }
}

extension ListenAddress {
    /// As a client would write it.
    var url: String { url(isSecure: false) }

    func url(isSecure: Bool) -> String {
        switch self {
        case .tcp(let host, let port):
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path, _): "unix:\(path)"
        case .inherited(let descriptor):
            InheritedSocket(descriptor: descriptor).address?.url(isSecure: isSecure) ?? "descriptor \(descriptor)"
        }
    }
}
