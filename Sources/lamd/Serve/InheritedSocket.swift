import Foundation
import Glibc
import HTTP

/// A listening socket that the service manager opened for us.
struct InheritedSocket {
    let descriptor: Int32

    /// Where it listens; nil where that cannot be told.
    var address: ListenAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isKnown else { return nil }
        return withUnsafePointer(to: &storage) { storage in
            let raw = UnsafeRawPointer(storage)
            switch Int32(storage.pointee.ss_family) {
            case AF_INET:
                var address = raw.load(as: sockaddr_in.self)
                return .tcp(host: Self.text(AF_INET, &address.sin_addr), port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                var address = raw.load(as: sockaddr_in6.self)
                return .tcp(host: Self.text(AF_INET6, &address.sin6_addr), port: UInt16(bigEndian: address.sin6_port))
            case AF_UNIX:
                let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0
                let path = UnsafeRawBufferPointer(start: raw, count: Int(length)).dropFirst(start).prefix { $0 != 0 }
                return .unix(path: String(decoding: path, as: UTF8.self))
            default: return nil
            }
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            inet_ntop(family, address, text.baseAddress, socklen_t(text.count)).map { String(cString: $0) } ?? ""
        }
    }
}
