import CMicrohttpd
import Glibc

extension HTTPServer {
    /// Whether every network thread answers a `GET` of that path in time, whatever the answer is.
    ///
    /// The requests come in over socket pairs, not through the listeners: so it works where a firewall or a network
    /// namespace keeps the process from reaching its own addresses, and it leaves no thread out. Blocks; not from a handler.
    public func answers(at path: String, within timeout: Duration) -> Bool {
        let deadline = MonotonicClock.now + timeout.nanoseconds
        // Under the lock, because `stop` must not free a daemon meanwhile.
        let probes = withDaemon { daemon in
            daemon.map { daemon in (0..<threadCount).compactMap { connect(to: daemon, thread: $0) } } ?? []
        }
        defer { for probe in probes { probe.close() } }
        for probe in probes { probe.get(path) }
        return probes.allSatisfy { $0.isAnswered(by: deadline) }
    }

    /// nil where the thread has as many connections as it may: that one is alive.
    private func connect(to daemon: OpaquePointer, thread: Int) -> Probe? {
        // libmicrohttpd hands a connection to the thread that its descriptor's remainder points at.
        guard let probe = Probe(remainder: thread, divisor: threadCount) else { return nil }
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNIX)
        // The far end is libmicrohttpd's from here on, also where it says no.
        let isTaken = MHD_add_connection(daemon, probe.far, &address, socklen_t(MemoryLayout<sa_family_t>.size))
        if isTaken == .YES { return probe }
        probe.close()
        return nil
    }
}
