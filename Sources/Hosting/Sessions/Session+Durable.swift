import Gym
import Store

/// A session that outlives the process: what was answered is on disk before it is answered.
extension Session {
    public var isDurable: Bool { log != nil }

    /// Lends the world to what moves it, and writes down what happened. Only a worker may call this.
    func driveDurably<R>(
        _ log: SessionLog, holding: Bool, _ body: (inout sending World) throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        try log.inTurn(unless: { isHeldForLong }) { () throws(HostingError) in
            try log.checkRoom()
            // Nothing new happens before what happened is on disk.
            if log.isBehind { try keep(log) }
            var journal = Journal()
            var base: SessionBase?
            func lend(_ world: inout sending World) throws(HostingError) -> sending R {
                defer {
                    journal = world.journal?.take() ?? Journal()
                    if log.needsBase(for: journal) {
                        base = SessionBase(world, of: self, createdAt: log.createdAt)
                    }
                }
                return try body(&world)
            }
            let result: R
            do throws(HostingError) { result = holding ? try hold(lend) : try use(lend) } catch {
                // Also what fails may have moved the world.
                if !journal.isEmpty { try? record(journal, base, log) }
                throw error
            }
            try record(journal, base, log)
            return result
        }
    }

    private func record(
        _ journal: Journal, _ base: SessionBase?, _ log: SessionLog
    ) throws(HostingError) {
        if let base { return try log.write(base) }
        if let entry = journal.entries.first { try log.append(entry) }
    }

    /// Writes the world as it is.
    func keep(_ log: SessionLog) throws(HostingError) {
        let base = try use { world throws(HostingError) in
            world.journal = Journal()
            return SessionBase(world, of: self, createdAt: log.createdAt)
        }
        try log.write(base)
    }

    /// Brings a new session to where a kept one was.
    /// - Returns: how many records were replayed.
    func restore(_ base: SessionBase, _ log: SessionLog) throws(HostingError) -> Int {
        let records = try log.records(from: base.number)
        return try use { world throws(HostingError) in
            world.journal = nil
            try base.restore(&world, of: self)
            for record in records { try Journal.Entry.replay(record, in: &world) }
            world.journal = Journal()
            return records.count
        }
    }
}
