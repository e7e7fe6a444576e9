import Gym
import Synchronization

/// Where worlds and mind meet: everything that is alive in the daemon.
public final class Hall: Sendable {
    public let catalogue: Catalogue
    public let sessions: Sessions
    public let clock: WallClock
    private let draining = Atomic(false)
    private let onShutdown: @Sendable () -> Void

    /// - Parameter onShutdown: called when a client asks the daemon to stop.
    public init(
        catalogue: Catalogue, maximumSessions: Int, clock: WallClock = WallClock(),
        onShutdown: @escaping @Sendable () -> Void = {}
    ) {
        self.catalogue = catalogue
        self.clock = clock
        self.onShutdown = onShutdown
        sessions = Sessions(catalogue: catalogue, limit: maximumSessions)
    }

    public func requestShutdown() { onShutdown() }

    /// From here on the daemon says that it is not ready.
    public func drain() { draining.store(true, ordering: .releasing) }

    /// - Throws: where the daemon takes no work.
    public func checkReady() throws(HostingError) {
        guard !draining.load(ordering: .acquiring) else { throw .draining }
    }

    /// What is alive, in numbers.
    public var gauges: [Gauge] {
        [
            Gauge(
                name: "lamd_sessions", value: Double(sessions.count), help: "Instances of environments that are open.")
        ]
    }
}

/// A number for the metrics.
public struct Gauge: Sendable {
    public let name: String
    public let value: Double
    public let help: String
    public let isCounter: Bool

    public init(name: String, value: Double, help: String, isCounter: Bool = false) {
        self.name = name
        self.value = value
        self.help = help
        self.isCounter = isCounter
    }
}
