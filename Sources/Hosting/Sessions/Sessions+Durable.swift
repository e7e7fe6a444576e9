import Gym
import Logging
import Store

/// Sessions that outlive the process.
extension Sessions {
    /// Brings back the sessions that were kept, each where it was, with a new lease. One that cannot be restored stays on
    /// disk; what a crash left of one that was being made or closed is removed.
    /// - Parameter seconds: the time of day, since 1970.
    func restore(_ logger: Logger, seconds: Double) throws(HostingError) {
        guard let store else { return }
        let began = ContinuousClock.now
        var (count, records) = (0, 0)
        let names: [String]
        do { names = try store.list(SessionLog.root) } catch { throw .store(error) }
        for name in names {
            do throws(HostingError) {
                guard let id = Identifier(name), let base = try base(of: id, store, logger) else { continue }
                records += try restore(id, base, createdAt: began - .seconds(seconds - base.createdAt))
                count += 1
            } catch {
                logger.error(
                    "a durable instance cannot be restored", metadata: ["instance": "\(name)", "error": "\(error)"])
            }
        }
        guard count > 0 else { return }
        let time = Int(began.duration(to: .now) / .milliseconds(1))
        logger.info(
            "durable instances restored",
            metadata: ["count": "\(count)", "replayed": "\(records)", "ms": "\(time)"])
    }

    private func base(
        of id: Identifier, _ store: StateFolder, _ logger: Logger
    ) throws(HostingError) -> SessionBase? {
        let path = SessionLog.basePath(id)
        do {
            if let bytes = try store.read(path) { return try SessionBase(bytes) }
            try store.remove(SessionLog.folder(id))
            return nil
        } catch StoreError.damaged(_, let reason) {
            let folder = SessionLog.folder(id)
            Quarantine(store: store, logger: logger).take(
                folder, "\(path): \(reason)", of: "durable instance \(id)", remedy: "the instance is gone")
            return nil
        } catch {
            throw HostingError(error)
        }
    }

    private func restore(
        _ id: Identifier, _ base: SessionBase, createdAt: ContinuousClock.Instant
    ) throws(HostingError) -> Int {
        let session = try make(base.request, id: id, createdAt: createdAt, seconds: base.createdAt)
        guard let log = session.log else { return 0 }
        let count = try session.restore(base, log)
        add(session)
        return count
    }
}
