import CMicrohttpd
import Glibc

/// What the C addresses come to.
enum SocketAddress {
    /// Whether an address is this machine's own: a unix socket (which may have none at all) or loopback.
    static func isLocal(_ address: UnsafePointer<sockaddr>?) -> Bool {
        guard let address else { return true }
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let host = UInt32(bigEndian: raw.load(as: sockaddr_in.self).sin_addr.s_addr)
            return host >> 24 == 127
        case AF_INET6: return isLoopback(raw.load(as: sockaddr_in6.self).sin6_addr)
        default: return true
        }
    }

    /// Whether it is a unix socket's, which may have none at all.
    static func isUnix(_ address: UnsafePointer<sockaddr>?) -> Bool {
        address.map { Int32($0.pointee.sa_family) == AF_UNIX } ?? true
    }

    /// `::1`, or IPv4's loopback in IPv6's clothes.
    private static func isLoopback(_ address: in6_addr) -> Bool {
        withUnsafeBytes(of: address) { bytes in
            let isOne = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            return isOne || (isMapped && bytes[12] == 127)
        }
    }
}
