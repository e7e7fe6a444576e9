import Synchronization

/// Who may ask: the names in `Host` and the pages of browsers that are admitted. Both may change while the server runs.
final class FrontDoor: Sendable {
    /// Counts the changes: what a connection knows from before is asked again.
    let edition = Atomic(0)
    /// The names that it listens at, which are always admitted.
    private let ownNames: [String]
    private let lists: Mutex<(hosts: AllowedHosts, origins: AllowedOrigins)>

    init(_ configuration: HTTPConfiguration) {
        ownNames = configuration.listeners.compactMap(\.name)
        lists = Mutex((configuration.allowedHosts.adding(ownNames), configuration.allowedOrigins))
    }

    func adopt(_ configuration: HTTPConfiguration) {
        lists.withLock { $0 = (configuration.allowedHosts.adding(ownNames), configuration.allowedOrigins) }
        edition.add(1, ordering: .releasing)
    }

    func admits(host: UnsafePointer<CChar>) -> Bool { lists.withLock { $0.hosts }.admits(host) }

    func admits(origin: String) -> Bool { lists.withLock { $0.origins }.admits(origin) }
}
