import Gym
import Learning
import Logging
import Store
import Synchronization

/// What was done and by whom, as a chain of records that shows when one was changed or taken away.
///
/// A change is recorded before it is made, then its outcome: none is ever made without its record, whatever becomes of the
/// process or the disk. Served actions are recorded before they are told.
public final class Audit: Sendable {
    /// What is recorded beside changes.
    public enum Extent: String, Sendable, CaseIterable {
        /// The actions of agents that ask for it.
        case changes
        /// The actions of every agent.
        case actions
    }

    /// What is recorded, and how long it is kept.
    public struct Settings: Sendable {
        public var extent = Extent.changes
        /// Days that records are kept; nil for ever.
        public var days: Int?
        /// Bytes of them; nil for as many as there are.
        public var bytes: Int?

        public init() {}
    }

    /// Somebody's request to change something.
    public struct Change: Sendable {
        public var operation: String
        public var tenant: Tenant
        public var caller: String
        public var request: String?
        public var path: String
        /// SHA-256 of the body; nil where there is none.
        public var body: [UInt8]?

        public init(
            _ operation: String, tenant: Tenant, caller: String, request: String? = nil, path: String,
            body: [UInt8]? = nil
        ) {
            self.operation = operation
            self.tenant = tenant
            self.caller = caller
            self.request = request
            self.path = path
            self.body = body
        }

        fileprivate var members: [Value.Member] {
            var members: [Value.Member] = [
                .init("tenant", .string(tenant.name)), .init("caller", .string(caller)),
                .init("operation", .string(operation)), .init("path", .string(path)),
            ]
            if let request { members.append(.init("request_id", .string(request))) }
            return members
        }
    }

    private let log: AuditLog
    private let clock: WallClock
    private let logger: Logger
    private let settings: Settings
    /// The latest record that nobody waited for.
    private let waiting = Atomic(0)
    private let faultCount = Atomic(0)

    public init(
        _ store: StateFolder, clock: WallClock, logger: Logger, settings: Settings = Settings()
    ) throws(HostingError) {
        (self.clock, self.logger, self.settings) = (clock, logger, settings)
        do { log = try AuditLog(store, at: clock.now) } catch { throw .store(error) }
        attempt("recording the start") { () throws(StoreError) in try noteStart() }
    }

    /// How often the log was found damaged, or a record could not be written or kept.
    public var faults: Int { faultCount.load(ordering: .relaxed) }

    public var recordsAllActions: Bool { settings.extent == .actions }

    /// After the latest record, which is on disk.
    public func head() throws(HostingError) -> AuditHead {
        let head = log.head
        do { try log.sync(head.sequence, isMarked: true) } catch { throw .store(error) }
        return log.head
    }

    /// To be called before something is changed: once this returns, the loss of power does not undo it.
    /// - Parameter isDurable: whether the change survives the daemon's end; where it does not, the disk is not waited for.
    /// - Returns: the record's number.
    /// - Throws: where it cannot be recorded; then it must not be made.
    public func begin(_ change: Change, isDurable: Bool = true) throws(HostingError) -> Int {
        var members = change.members
        if let body = change.body { members.append(.init("body_sha256", .string(body.hexadecimal))) }
        do {
            let sequence = try log.append("change", at: time, members)
            if isDurable { try log.sync(sequence, isMarked: false) } else { wait(for: sequence) }
            return sequence
        } catch {
            faultCount.add(1, ordering: .relaxed)
            throw .store(error)
        }
    }

    /// To be called before the change is acknowledged. That it was begun is known in any case, so it is acknowledged
    /// though its outcome could not be written.
    /// - Parameter location: the path of what was made.
    public func end(_ change: Change, _ sequence: Int, status: Int, location: String?, isDurable: Bool = true) {
        var members = change.members
        members.append(.init("change", .int(Int64(sequence))))
        members.append(.init("status", .int(Int64(status))))
        if let location { members.append(.init("location", .string(location))) }
        attempt("recording an outcome") { () throws(StoreError) in
            let sequence = try log.append("outcome", at: time, members)
            if isDurable { try log.sync(sequence, isMarked: true) } else { wait(for: sequence) }
        }
    }

    /// To be called before actions are told: when this returns, they survive the end of the process; the loss of power a
    /// second later.
    public func record(_ served: ServedActions) throws(HostingError) {
        do { wait(for: try log.append("action", at: time, served.members)) } catch {
            faultCount.add(1, ordering: .relaxed)
            throw .store(error)
        }
    }

    /// Has the disk and the catalogue know what nobody waited for.
    public func keep() {
        let sequence = waiting.load(ordering: .acquiring)
        guard sequence > 0 else { return }
        attempt("keeping the audit log") { () throws(StoreError) in
            try log.sync(sequence, isMarked: true)
            _ = waiting.compareExchange(expected: sequence, desired: 0, ordering: .releasing)
        }
    }

    /// Takes away what is older or more than is to be kept.
    public func keepHouse() {
        attempt("dropping old records") { () throws(StoreError) in
            try log.endOldSegment(at: clock.now)
            let dropped = try log.drop(
                before: settings.days.map { clock.now - Double($0) * 86_400 }, keeping: settings.bytes, at: time)
            if dropped > 0 { logger.info("dropped old audit records", metadata: ["segments": "\(dropped)"]) }
        }
    }

    /// The end of the log, when nobody writes any more.
    public func stop() {
        attempt("recording the end") { () throws(StoreError) in
            try log.sync(try log.append("stop", at: time, []), isMarked: true)
        }
    }

    /// Records behind one, oldest first, each a JSON object.
    /// - Returns: records, and after which one to go on; nil where there are no more.
    public func records(
        after sequence: Int, limit: Int, where isWanted: ([UInt8]) -> Bool
    ) throws(HostingError) -> (records: [[UInt8]], next: Int?) {
        do { return try log.records(after: sequence, limit: limit, where: isWanted) } catch { throw .store(error) }
    }

    private var time: String { clock.timestamp(clock.now) }

    private func noteStart() throws(StoreError) {
        if let fault = log.fault {
            faultCount.add(1, ordering: .relaxed)
            logger.error("the audit log is not what was written; it goes on", metadata: ["fault": "\(fault)"])
            _ = try log.append("fault", at: time, [.init("reason", .string(fault))])
        }
        if log.cut > 0 { _ = try log.append("cut", at: time, [.init("bytes", .int(Int64(log.cut)))]) }
        try log.sync(try log.append("start", at: time, []), isMarked: true)
    }

    private func wait(for sequence: Int) { waiting.max(sequence, ordering: .acquiringAndReleasing) }

    private func attempt(_ what: String, _ body: () throws(StoreError) -> Void) {
        do throws(StoreError) { try body() } catch {
            faultCount.add(1, ordering: .relaxed)
            logger.error("\(what) failed", metadata: ["error": "\(error)"])
        }
    }
}
