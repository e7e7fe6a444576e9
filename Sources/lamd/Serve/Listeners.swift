import Glibc
import HTTP

/// The addresses to listen at, the service manager's and our own.
struct Listeners {
    static let usual = "127.0.0.1:8808"

    let addresses: [ListenAddress]

    /// - Throws: where an address cannot be read, or is open to others and `insecure` was not said.
    init(_ texts: [String], inherited: [InheritedSocket], insecure: Bool) throws(SettingsError) {
        var addresses: [ListenAddress] = []
        for socket in inherited {
            if let address = socket.address { try Self.admit(address, insecure: insecure) }
            addresses.append(.inherited(descriptor: socket.descriptor))
        }
        for text in texts {
            let address = try Self.parse(text)
            try Self.admit(address, insecure: insecure)
            addresses.append(address)
        }
        self.addresses = addresses
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

    private static func admit(_ address: ListenAddress, insecure: Bool) throws(SettingsError) {
        guard case .tcp(let host, _) = address, !insecure, !isLoopback(host) else { return }
        throw .openToOthers(address: address.url)
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
