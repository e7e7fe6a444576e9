import CMicrohttpd
import Glibc

extension HTTPServer {
    /// Whether every network thread answers a `GET` of that path in time, whatever the answer is.
    ///
    /// The requests come in over socket pairs, not through the listeners: so it works where a firewall or a network
    /// namespace keeps the process from reaching its own addresses, and it leaves no thread out. Blocks; not from a handler.
    public func answers(at path: String, within timeout: Duration) -> Bool {
        let deadline = MonotonicClock.now + timeout.nanoseconds
        let probes = (0..<threadCount).compactMap { Probe(remainder: $0, divisor: threadCount) }
        defer { for probe in probes { probe.close() } }
        let connected = probes.filter { adopt($0.far) }
        for probe in connected { probe.get(path) }
        return connected.count == threadCount && connected.allSatisfy { $0.isAnswered(by: deadline) }
    }

    /// Under the lock, because `stop` must not free libmicrohttpd's threads meanwhile.
    private func adopt(_ descriptor: Int32) -> Bool {
        withAcceptor { acceptor in
            var address = sockaddr()
            address.sa_family = sa_family_t(AF_UNIX)
            let isTaken = acceptor?.adopt(descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size))
            if isTaken == nil { close(descriptor) }
            return isTaken ?? false
        }
    }
}
