import Gym
import Learning
import Store
import Synchronization

/// A piece of long work: made, waits for a thread, runs, ends. Its events outlive it.
public final class Job: Sendable {
    public enum State: String, Sendable, CaseIterable { case queued, running, succeeded, failed, cancelled }

    /// What a look at the job tells.
    public struct Status: Sendable {
        public var state: State = .queued
        public var startedAt: Double?
        public var finishedAt: Double?
        /// The latest progress event: an object with `progress`, `phase`, `eta_s`, `metrics`.
        public var progress: Value?
        public var result: Value?
        /// A sentence; where the job failed.
        public var error: String?

        public var isFinished: Bool { state != .queued && state != .running }
    }

    public let id: Identifier
    public let agent: Identifier
    public let tenant: Tenant
    public let request: TrainRequest
    /// Seconds since 1970.
    public let createdAt: Double
    public let events: EventLog
    private let current: Mutex<Status>
    private let asked = Mutex(Labels())
    private let cancelled = Atomic(false)
    private let paused = Atomic(false)
    private let unkept = Mutex<StoreError?>(nil)

    init(
        id: Identifier, agent: Identifier, tenant: Tenant, request: TrainRequest, createdAt: Double,
        events: EventLog = EventLog(),
        status: Status = Status()
    ) {
        self.id = id
        self.agent = agent
        self.tenant = tenant
        self.request = request
        self.createdAt = createdAt
        self.events = events
        current = Mutex(status)
    }

    public var status: Status { current.withLock { $0 } }

    func update(_ change: (inout Status) -> Void) { current.withLock { change(&$0) } }

    /// Why the end of the job is not in the catalogue: the next start would not know of it.
    public var unkeptEnd: StoreError? { unkept.withLock { $0 } }

    func noteUnkeptEnd(_ error: StoreError?) { unkept.withLock { $0 = error } }

    /// What it asks, and what was answered.
    var labels: Labels { asked.withLock { $0 } }

    /// Has it ask, and tells followers so: before anyone can answer, since what comes after that is another thread's to
    /// tell.
    func ask(_ labels: Labels) {
        asked.withLock {
            $0 = labels
            events.append("labels", Value.object([.init("open", .int(Int64(labels.open.count)))]).json)
        }
    }

    /// Notes which states were labelled.
    /// - Returns: how many still wait, and whether these were the last that did: only one caller is told so.
    func answer(_ states: Set<Int>) -> (open: Int, isComplete: Bool) {
        asked.withLock { labels in
            guard !labels.isComplete else { return (0, false) }
            labels.answered.formUnion(states.intersection(labels.questions.map(\.id)))
            return (labels.open.count, labels.isComplete)
        }
    }

    /// Has it ask nothing more.
    /// - Returns: whether it waited for answers.
    func stopAsking() -> Bool {
        asked.withLock { labels in
            defer { labels = Labels() }
            return !labels.questions.isEmpty && !labels.isComplete
        }
    }

    /// Asks it to end soon and keep what was learned.
    func cancel() { cancelled.store(true, ordering: .releasing) }
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Asks it to write a checkpoint and stop, to go on at the next start of the daemon.
    func pause() { paused.store(true, ordering: .releasing) }
    var isPaused: Bool { paused.load(ordering: .acquiring) }
}

extension Job {
    /// Calls `body` when the job has ended, perhaps more than once.
    public func whenEnded(_ body: @escaping @Sendable () -> Void) {
        _ = events.follow { [weak self] in if self?.status.isFinished ?? false { body() } }
        if status.isFinished { body() }
    }

    /// As it goes over the wire.
    public func value(clock: WallClock) -> Value { value(clock: clock, status) }

    /// The same with a status that is to come.
    func value(clock: WallClock, _ status: Status) -> Value {
        let metrics = status.progress?["metrics"] ?? ["steps": 0, "episodes": 0, "updates": 0, "seconds": 0.0]
        return [
            "job_id": .string(id.description), "kind": "train", "agent_id": .string(agent.description),
            "state": .string(status.state.rawValue), "phase": phase(status),
            "progress": status.state == .succeeded ? 1.0 : status.progress?["progress"] ?? 0.0,
            "eta_s": status.isFinished ? .null : status.progress?["eta_s"] ?? .null,
            "open_labels": .int(Int64(labels.open.count)), "request": request.value,
            "metrics": metrics, "result": status.result ?? .null, "error": error(status),
            "created_at": .string(clock.timestamp(createdAt)),
            "started_at": status.startedAt.map { .string(clock.timestamp($0)) } ?? .null,
            "finished_at": status.finishedAt.map { .string(clock.timestamp($0)) } ?? .null,
        ]
    }

    /// What it is at, while it runs.
    private func phase(_ status: Status) -> Value {
        guard status.state == .running, let first = request.phases.first else { return .null }
        return status.progress?["phase"] ?? .string(first.method.kind.rawValue)
    }

    /// A problem, where it failed.
    private func error(_ status: Status) -> Value {
        guard let error = status.error else { return .null }
        return [
            "type": "urn:lamd:problem:internal_error", "title": "Something went wrong inside.", "status": 500,
            "detail": .string(error), "message": .string(error),
        ]
    }
}
