import Foundation
import Gym
import Learning
import Logging
import Store
import Synchronization
import Workers

/// Where worlds and mind meet: everything that is alive in the daemon.
public final class Hall: Sendable {
    public let catalogue: Catalogue
    public let sessions: Sessions
    public let agents: Agents
    public let observations: Observations
    public let demonstrations: Demonstrations
    public let jobs: Jobs
    public let tokens: Tokens
    public let replies: KeptReplies
    public let audit: Audit
    /// The ways to environments that other processes host.
    public let bridges: [Bridge]
    let store: StateFolder
    private let quotas: Quotas
    public let clock: WallClock
    let logger: Logger
    private let draining = Atomic(false)
    private let stopped = Atomic(false)
    private let onShutdown: @Sendable () -> Void
    private let onRestart: @Sendable () -> Void

    /// How much the daemon takes.
    public struct Limits: Sendable {
        public var sessions = 10_000
        public var agents = 10_000
        /// Bytes of what all agents together hold in memory.
        public var agentMemory = 4 << 30
        /// Sets of demonstrations.
        public var demonstrations = 10_000
        /// Jobs that run side by side; more wait.
        public var runningJobs = 2
        /// Of each tenant.
        public var quotas = Quotas()
        public var audit = Audit.Settings()

        public init() {}
    }

    /// Opens what was kept, and goes on with the jobs that were interrupted.
    /// - Parameters:
    ///   - catalogue: the environments that are hosted here; those of `bridges` are added.
    ///   - onShutdown: called when a client asks the daemon to stop.
    ///   - onRestart: called when it is to begin anew.
    public init(
        catalogue: Catalogue, bridges: [Bridge] = [], store: StateFolder, limits: Limits = Limits(), logger: Logger,
        clock: WallClock = WallClock(), onShutdown: @escaping @Sendable () -> Void = {},
        onRestart: @escaping @Sendable () -> Void = {}
    ) throws(HostingError) {
        let catalogue = catalogue.adding(bridges.map(\.source))
        self.catalogue = catalogue
        self.bridges = bridges
        self.store = store
        quotas = limits.quotas
        self.clock = clock
        self.logger = logger
        self.onShutdown = onShutdown
        self.onRestart = onRestart
        audit = try Audit(store, clock: clock, logger: logger, settings: limits.audit)
        tokens = try Tokens(store: store, clock: clock, stepsPerSecond: quotas.stepsPerSecond)
        replies = try KeptReplies(store: store, clock: clock, logger: logger)
        sessions = Sessions(catalogue: catalogue, limit: limits.sessions, quota: quotas.sessions, store: store)
        agents = try Agents(
            catalogue: catalogue, store: store, clock: clock, logger: logger, limit: limits.agents,
            memoryLimit: limits.agentMemory)
        observations = Observations(agents: agents, logger: logger)
        demonstrations = try Demonstrations(
            catalogue: catalogue, store: store, clock: clock, logger: logger, limit: limits.demonstrations)
        jobs = try Jobs(
            agents: agents, observations: observations, demonstrations: demonstrations, catalogue: catalogue,
            store: store, clock: clock, logger: logger, threads: limits.runningJobs, quota: quotas.jobs)
        try sessions.restore(logger, seconds: clock.now)
    }

    /// Looks through what was kept, on a thread of its own.
    public func verify() {
        Background.run(named: "verification") { [self] in verifyFiles() }
    }

    /// Takes over what can change while it runs: how many sessions there may be.
    public func adopt(_ limits: Limits) { sessions.adopt(limit: limits.sessions) }

    public func requestShutdown() { onShutdown() }

    /// From here on the daemon says that it is not ready.
    public func drain() { draining.store(true, ordering: .releasing) }

    /// - Throws: where the daemon takes no work.
    public func checkReady() throws(HostingError) {
        guard !draining.load(ordering: .acquiring) else { throw .draining }
        do { try store.checkWritable() } catch { throw .store(error) }
    }

    /// Whether threads that only look should end.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// Stops what runs on threads of its own: jobs write a checkpoint and go on at the next start.
    public func stop() {
        stopped.store(true, ordering: .relaxed)
        sessions.stopRecording(onFault: report)
        jobs.stop()
        observations.stop()
        agents.stop()
        for bridge in bridges { bridge.stop() }
        keepHouse()
        audit.stop()
    }

    /// Has the processes that host environments say which there are; each takes its time, on a thread of its own.
    public func discoverEnvironments() {
        for bridge in bridges { Background.run(named: "discovery") { bridge.discover() } }
    }

    /// Looks after the processes that host environments.
    public func tickWorkers() {
        for bridge in bridges { bridge.tick() }
    }

    /// Copies everything that is kept into one file, which belongs to the caller.
    /// - Returns: its path.
    public func backUp() throws(HostingError) -> String {
        do { return try store.backUp(at: clock.now) } catch { throw .store(error) }
    }

    /// Has everything that is kept replaced by a backup: the daemon begins anew with it.
    /// - Returns: how many files it has.
    public func restore(_ archive: Span<UInt8>) throws(HostingError) -> Int {
        let count: Int
        do { count = try store.layReady(archive, at: clock.now) } catch { throw .store(error) }
        drain()
        onRestart()
        return count
    }

    /// Writes down what could not be written when its time came.
    public func keepWhatWaits() {
        jobs.keepEnds()
        audit.keep()
    }

    /// Closes the sessions whose lease has run out.
    /// - Returns: how many.
    public func expireSessions() -> Int { sessions.expire(onFault: report) }

    /// What is written down now and then: which tokens were used, who was served; and what is forgotten: replies and audit
    /// records that are too old.
    public func keepHouse() {
        audit.keepHouse()
        do {
            try tokens.keepUse()
            try replies.forgetOld()
            try agents.keepServings()
        } catch {
            logger.error("the catalogue cannot be kept", metadata: ["error": "\(error)"])
        }
    }

    /// - Throws: ``HostingError/quotaExceeded(_:)`` where a tenant may not store so many bytes more.
    public func checkRoom(of tenant: Tenant, adding bytes: Int) throws(HostingError) {
        try Quotas.check(.bytes, quotas.bytes, { storedBytes(of: tenant) }, adding: bytes)
    }

    private func storedBytes(of tenant: Tenant) -> Int {
        demonstrations.all(of: tenant).reduce(0) { $0 + $1.counts.bytes }
            + agents.all(of: tenant).reduce(0) { $0 + store.size(of: Agents.folder(of: $1.id)) }
    }

    private func report(_ session: Session, _ error: HostingError) {
        logger.error(
            session.isDurable ? "a durable instance cannot be closed" : "the end of a recording is lost",
            metadata: ["instance": "\(session.id)", "error": "\(error)"])
    }

    /// Records a session into the set of this name, which is made where there is none.
    /// - Parameter field: the one at fault, where that set is of something else.
    public func record(_ session: Session, into name: String, field: String) throws(HostingError) {
        guard !session.isDurable else {
            throw .invalid(
                field: field,
                reason:
                    "the instance is durable, and what is recorded of an episode that is on would not survive with it; "
                    + "record another one, or upload its episodes")
        }
        try session.stopRecording()
        let set = try demonstrations.findOrCreate(
            about(session, name), of: session.request.tenant, field: field)
        try session.startRecording(into: set, demonstrations)
    }

    /// The same, where the set is to hold nothing else.
    public func recordAnew(_ session: Session, into name: String) throws(HostingError) {
        try session.stopRecording()
        if let set = demonstrations.find(named: name, of: session.request.tenant) {
            let fits = try demonstrations.about(set).objection(to: about(session, name), catalogue: catalogue) == nil
            if fits { try demonstrations.clear(set) } else { try demonstrations.delete(set) }
        }
        try record(session, into: name, field: "")
    }

    private func about(_ session: Session, _ name: String) -> DemonstrationSet.About {
        DemonstrationSet.About(
            name: name, environment: session.spec.id, kwargs: session.request.kwargs,
            observationSpace: session.observationSpace, actionSpace: session.actionSpace)
    }
}
