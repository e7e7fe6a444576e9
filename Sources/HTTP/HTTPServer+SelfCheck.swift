import CMicrohttpd
import Glibc

extension HTTPServer {
    /// Whether every network thread answers a `GET` of that path in time, whatever the answer is.
    ///
    /// The requests come in over socket pairs, not through the listeners: so it works where a firewall or a network
    /// namespace keeps the process from reaching its own addresses, and it leaves no thread out. Blocks; not from a handler.
    public func answers(at path: String, within timeout: Duration) -> Bool {
        let deadline = MonotonicClock.now + timeout.nanoseconds
        // Under the lock, because `stop` must not free libmicrohttpd's threads meanwhile.
        let (probes, isWhole) = withRunning { running in
            guard let running else { return ([Probe](), false) }
            let probes = running.daemons.flatMap { daemon in
                (0..<threadCount).compactMap { Probe(remainder: $0, divisor: threadCount, daemon) }
            }
            let isWhole = probes.count == threadCount * running.daemons.count
            return (probes, probes.map { $0.connect(by: running.acceptor) }.allSatisfy { $0 } && isWhole)
        }
        defer { for probe in probes { probe.close() } }
        guard isWhole else { return false }
        for probe in probes { probe.get(path) }
        return probes.allSatisfy { $0.isAnswered(path, by: deadline) }
    }
}
