import Glibc

/// What a service manager hands over and is told; nothing happens where there is none.
struct Systemd: Sendable {
    /// Sockets that it opened for us, from descriptor 3 on (sd_listen_fds(3)).
    let sockets: [InheritedSocket]
    /// How often to say that all is well: half of the time that it allows; nil where nobody watches.
    let watchdogInterval: Duration?
    private let notifySocket: [UInt8]

    init(environment: [String: String]) {
        let isOurs = environment["LISTEN_PID"].flatMap(Int32.init) == getpid()
        let count = isOurs ? environment["LISTEN_FDS"].flatMap(Int32.init) ?? 0 : 0
        sockets = (0..<max(count, 0)).map { InheritedSocket(descriptor: 3 + $0) }
        let isWatched = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        let time = isWatched ? environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0 : 0
        watchdogInterval = time > 0 ? .microseconds(time / 2) : nil
        notifySocket = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
    }

    /// Says that something takes a moment, until `READY=1`; the time is what `Type=notify-reload` asks for.
    func notifyReloading(_ status: String) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        notify(
            "RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)\nSTATUS=\(status)")
    }

    /// Sends lines of the form `NAME=value` (sd_notify(3)).
    func notify(_ state: String) {
        guard let first = notifySocket.first else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard notifySocket.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: notifySocket)
            // A leading @ names an abstract socket, whose first byte is 0.
            if first == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + notifySocket.count)
        let message = Array(state.utf8)
        withUnsafePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
