import ArgumentParser
import Foundation
import HTTP

/// The addresses to listen at, from the command line and from systemd.
struct Listeners {
    static let standard = "127.0.0.1:8808"

    let addresses: [ListenAddress]

    /// - Throws: where an address cannot be read, or is open to others and `insecure` was not said.
    init(_ texts: [String], insecure: Bool) throws {
        let inherited = Systemd.inheritedSockets.map { ListenAddress.inherited(descriptor: $0) }
        let texts = texts.isEmpty && inherited.isEmpty ? [Self.standard] : texts
        addresses = try inherited + texts.map { try Self.parse($0, insecure: insecure) }
    }

    private static func parse(_ text: String, insecure: Bool) throws -> ListenAddress {
        if text.hasPrefix("unix:") { return .unix(path: String(text.dropFirst(5))) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ValidationError("'\(text)' is no address: say HOST:PORT, such as \(standard), or unix:PATH")
        }
        let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard insecure || isLoopback(host) else {
            throw ValidationError(
                "\(text) can be reached by others, and there is no authentication; listen on loopback or a unix socket, "
                    + "or say --insecure")
        }
        return .tcp(host: host, port: port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

extension ListenAddress {
    /// As a client would write it.
    var url: String {
        switch self {
        case .tcp(let host, let port): "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path, _): "unix:\(path)"
        case .inherited(let descriptor): "descriptor \(descriptor), which the service manager opened"
        }
    }
}
