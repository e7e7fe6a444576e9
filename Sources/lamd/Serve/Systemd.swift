import Foundation
import Glibc

/// What a service manager is told and hands over; nothing happens where there is none.
enum Systemd {
    /// Sockets that systemd opened for us, from descriptor 3 on (sd_listen_fds(3)).
    static var inheritedSockets: [Int32] {
        let environment = ProcessInfo.processInfo.environment
        guard environment["LISTEN_PID"].flatMap(Int32.init) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap(Int32.init), count > 0
        else { return [] }
        return Array(3..<3 + count)
    }

    /// How often to say that all is well, in microseconds; nil where nobody watches.
    static var watchdogInterval: UInt64? {
        let environment = ProcessInfo.processInfo.environment
        if let watched = environment["WATCHDOG_PID"], Int32(watched) != getpid() { return nil }
        return environment["WATCHDOG_USEC"].flatMap { UInt64($0) }.map { $0 / 2 }
    }

    /// Sends a line to the service manager (sd_notify(3)).
    static func notify(_ state: String) {
        guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A leading @ names an abstract socket, whose first byte is 0.
        var bytes = Array(path.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        _ = Array(state.utf8).withUnsafeBytes { message in
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, message.baseAddress, message.count, Int32(MSG_NOSIGNAL), $0, length)
                }
            }
        }
    }
}
