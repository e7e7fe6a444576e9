import Logging
import Synchronization

/// The part of a configuration that may change while the server runs. Each is read once where it counts, without a lock.
final class LiveLimits: Sendable {
    let connections = Atomic(0)
    let body = Atomic(0)
    let bulkBody = Atomic(0)
    /// Whether requests are logged, so that their replies bear their ids.
    let isTold = Atomic(false)

    init(_ configuration: HTTPConfiguration, _ logger: Logger) {
        adopt(configuration, logger)
    }

    func adopt(_ configuration: HTTPConfiguration, _ logger: Logger) {
        connections.store(Self.connections(configuration), ordering: .relaxed)
        body.store(configuration.bodyLimit, ordering: .relaxed)
        bulkBody.store(configuration.bulkBodyLimit, ordering: .relaxed)
        isTold.store(logger.logLevel <= .debug, ordering: .relaxed)
    }

    /// Some descriptors are left, so that checkpoints and files always find one.
    private static func connections(_ configuration: HTTPConfiguration) -> Int {
        max(min(configuration.connectionLimit, DescriptorLimit.current - 256), 8)
    }
}
