import Foundation
import Gym
import Learning
import Logging
import Store
import Synchronization
import Workers

/// All jobs: queued, run on threads of their own, kept. A job that the daemon's end interrupted goes on at its start.
public final class Jobs: Sendable {
    private struct Queue {
        var waiting: [Job] = []
        var isStopping = false
    }

    private static let keptJobs = 1_000
    /// How often in a row the process of a job's environments may die, and after how long a death is no longer in a row.
    private static let toleratedSetbacks = 3
    private static let steadyTime = Duration.seconds(60)

    let agents: Agents
    private let observations: Observations
    let demonstrations: Demonstrations
    let catalogue: Catalogue
    let store: StateFolder
    let clock: WallClock
    private let logger: Logger
    let table: Mutex<[Identifier: Job]>
    private let queue = Mutex(Queue())
    let labelling = Mutex(())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let threads: Int
    private let quota: Int?

    /// - Parameters:
    ///   - threads: how many jobs run side by side; more wait.
    ///   - quota: of jobs of one tenant that have not ended.
    init(
        agents: Agents, observations: Observations, demonstrations: Demonstrations, catalogue: Catalogue,
        store: StateFolder, clock: WallClock, logger: Logger, threads: Int, quota: Int? = nil
    ) throws(HostingError) {
        self.agents = agents
        self.observations = observations
        self.demonstrations = demonstrations
        self.catalogue = catalogue
        self.store = store
        self.clock = clock
        self.logger = logger
        self.threads = threads
        self.quota = quota
        table = Mutex([:])
        let interrupted = try load()
        for job in interrupted {
            guard let agent = agents.find(job.agent), agent.take(for: job.id) else { continue }
            queue.withLock { $0.waiting.append(job) }
            work.signal()
        }
        demonstrations.refuseDeletion { [weak self] set in
            self?.all.first { !$0.status.isFinished && $0.request.demonstrations.contains(set) }.map {
                "job \($0.id) learns from it"
            }
        }
        for index in 0..<threads { Background.run(named: "job-\(index)") { [self] in run() } }
    }

    /// Newest first.
    public func all(of tenant: Tenant) -> [Job] { all.filter { $0.tenant == tenant } }

    var all: [Job] {
        table.withLock { Array($0.values) }.sorted { ($0.createdAt, $0.id.value) > ($1.createdAt, $1.id.value) }
    }

    func find(_ id: Identifier) -> Job? { table.withLock { $0[id] } }

    public func find(_ id: Identifier, of tenant: Tenant) -> Job? {
        find(id).flatMap { $0.tenant == tenant ? $0 : nil }
    }

    /// Queues the training of an agent.
    public func train(_ agent: Agent, _ request: TrainRequest) throws(HostingError) -> Job {
        guard !queue.withLock({ $0.isStopping }) else { throw .draining }
        try Quotas.check(.jobs, quota, { all(of: agent.tenant).count { !$0.status.isFinished } })
        do { try store.checkRoom() } catch { throw .store(error) }
        let id = table.withLock { jobs in Identifier.random { jobs[$0] == nil } }
        guard agent.take(for: id) else {
            throw .agentBusy(agent.id.description, job: agent.job?.description ?? "")
        }
        let job = Job(id: id, agent: agent.id, tenant: agent.tenant, request: request, createdAt: clock.now)
        do {
            try observations.settle(agent)
            // Whatever can be wrong with the request is found before it is acknowledged.
            _ = try training(job, agent, resuming: nil)
            try keep(job)
        } catch {
            agent.release(from: id)
            throw error
        }
        table.withLock { $0[id] = job }
        queue.withLock { $0.waiting.append(job) }
        work.signal()
        return job
    }

    /// Has a job that waited for labels go on.
    func resume(_ job: Job) {
        queue.withLock { $0.waiting.append(job) }
        work.signal()
    }

    /// Cancels a job and waits until it has ended.
    public func cancel(_ job: Job) {
        job.cancel()
        // One that waits, for labels or for its turn, has no thread to notice.
        let isWaiting = queue.withLock { queue in
            let place = queue.waiting.firstIndex { $0 === job }
            if let place { queue.waiting.remove(at: place) }
            return place != nil
        }
        if isWaiting || job.stopAsking() { run(job) }
        wait(for: job)
    }

    /// Waits until a job has ended, and its end is kept.
    public func wait(for job: Job) {
        let wake = DispatchSemaphore(value: 0)
        let follower = job.events.follow { wake.signal() }
        defer { job.events.unfollow(follower) }
        while !job.events.isFinished && !queue.withLock({ $0.isStopping }) { _ = wake.wait(timeout: .now() + 1) }
    }

    /// Has every running job write a checkpoint and stop; they go on at the next start.
    public func stop() {
        queue.withLock { $0.isStopping = true }
        for job in all where !job.status.isFinished { job.pause() }
        for _ in 0..<threads { work.signal() }
        for _ in 0..<threads { ended.wait() }
    }

    /// Deletes an agent, whose job is cancelled first. One that labels in another's job is needed there, also after the
    /// daemon's next start.
    public func delete(_ agent: Agent) throws(HostingError) {
        let asking = all.first { job in
            !job.status.isFinished && job.agent != agent.id
                && job.request.phases.contains { $0.expert == agent.id.description }
        }
        if let asking { throw .agentInUse(agent.id.description, by: "job \(asking.id) learns from it") }
        while let id = agent.job, let job = find(id) { cancel(job) }
        let gone = all.filter { $0.agent == agent.id }
        // One that has let the agent go may still be writing down its end.
        for job in gone { wait(for: job) }
        try observations.settle(agent)
        try agents.delete(agent)
        table.withLock { jobs in for job in gone { jobs[job.id] = nil } }
        for job in gone { try removeCheckpoint(of: job) }
    }

    private func run() {
        defer { ended.signal() }
        while true {
            work.wait()
            let next = queue.withLock { queue -> Job? in
                queue.isStopping || queue.waiting.isEmpty ? nil : queue.waiting.removeFirst()
            }
            guard let next else {
                if queue.withLock({ $0.isStopping }) { return }
                continue
            }
            run(next)
        }
    }
}

// Running one job.
extension Jobs {
    /// A job whose environments' process dies goes on from its last checkpoint, as after a restart of the daemon.
    private func run(_ job: Job) {
        guard let agent = agents.find(job.agent) else { return }
        logger.info("job begins", metadata: ["job": "\(job.id)", "agent": "\(job.agent)"])
        job.update {
            $0.state = .running
            $0.startedAt = $0.startedAt ?? clock.now
        }
        var setbacks = 0
        while true {
            let began = ContinuousClock.now
            do { return try attempt(job, agent) } catch {
                if case .store = error, job.isPaused {
                    return logger.error(
                        "job stops without a checkpoint", metadata: ["job": "\(job.id)", "error": "\(error)"])
                }
                setbacks = began.duration(to: .now) > Self.steadyTime ? 1 : setbacks + 1
                guard case .learning(.environment(.workerFailed(let reason))) = error else {
                    return fail(job, agent, error.sentence)
                }
                guard setbacks <= Self.toleratedSetbacks else { return fail(job, agent, reason) }
                logger.warning("job goes on from its checkpoint", metadata: ["job": "\(job.id)", "after": "\(reason)"])
            }
        }
    }

    private func fail(_ job: Job, _ agent: Agent, _ reason: String) {
        logger.error("job failed", metadata: ["job": "\(job.id)", "error": "\(reason)"])
        finish(job, agent, .failed, error: reason)
    }

    private func attempt(_ job: Job, _ agent: Agent) throws(HostingError) {
        var run = try patiently(job) { () throws(HostingError) in
            try keep(job)
            return try TrainingRun(
                job, agent, agents: agents, store: store, logger: logger, now: monotonicSeconds, keep: keep
            ) { resume throws(HostingError) in
                let training = try training(job, agent, resuming: resume)
                try answer(training, job, agent)
                return training
            }
        }
        switch try run.run() {
        case .asking(let questions):
            try ask(job, questions)
            logger.info("job waits for labels", metadata: ["job": "\(job.id)", "states": "\(questions.count)"])
        case .paused: logger.info("job paused at a checkpoint", metadata: ["job": "\(job.id)"])
        case .ended(let state, let result): finish(job, agent, state, result: result)
        }
    }

    /// Gives a training the labels that are kept.
    private func answer(_ training: Training, _ job: Job, _ agent: Agent) throws(HostingError) {
        let open = Set(training.questions.map(\.id))
        guard !open.isEmpty else { return }
        let layout = agent.actionLayout
        for label in try labels(of: job) where open.contains(label.stateID) {
            var writer = LaneWriter(Lanes(layout.element, count: layout.count))
            do {
                try agent.actionSpace.read(try Value(json: label.action), into: &writer)
            } catch {
                throw .corrupt("the label of state \(label.stateID) of job \(job.id) cannot be read")
            }
            training.answer(label.stateID, writer.lanes)
        }
    }

    /// Shows clients what a job asks. What was answered before the daemon's end counts.
    private func ask(_ job: Job, _ questions: [Question]) throws(HostingError) {
        let answered = Set(try self.labels(of: job).map(\.stateID)).intersection(questions.map(\.id))
        let labels = Labels(questions: questions, answered: answered)
        if labels.isComplete { return resume(job) }
        job.ask(labels)
        if job.isCancelled && job.stopAsking() { resume(job) }
    }

    private func training(_ job: Job, _ agent: Agent, resuming file: Safetensors?) throws(HostingError) -> Training {
        let request = try trainingRequest(job.request, agent)
        let learner = try agents.learner(of: agent)
        do throws(LearningError) {
            guard let file else { return try Training(request, learner, now: monotonicSeconds) }
            return try Training(resuming: Checkpoint(file), request, learner, now: monotonicSeconds)
        } catch {
            throw .learning(error)
        }
    }

    /// The end is in the catalogue before anybody is told of it.
    private func finish(
        _ job: Job, _ agent: Agent, _ state: Job.State, result: Value? = nil, error: String? = nil
    ) {
        defer { job.events.finish() }
        agent.release(from: job.id)
        var status = job.status
        status.state = state
        status.finishedAt = clock.now
        status.result = result
        status.error = error
        do throws(HostingError) {
            try patiently(job) { () throws(HostingError) in try keepEnd(of: job, status) }
            logger.info("job ended", metadata: ["job": "\(job.id)", "state": "\(state.rawValue)"])
        } catch {
            if case .store(let reason) = error { job.noteUnkeptEnd(reason) }
            status.state = .failed
            status.error = "the job's end cannot be kept: \(error)"
            logger.error("the job's end cannot be kept", metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
        job.update { $0 = status }
        if job.unkeptEnd != nil { job.events.append("done", job.value(clock: clock).json) }
    }

    private func keepEnd(of job: Job, _ status: Job.Status) throws(HostingError) {
        let event = job.events.next("done", job.value(clock: clock, status).json)
        try keep(job, status, telling: event) { job.update { $0 = status } }
        do {
            try removeCheckpoint(of: job)
            try forgetOldest()
        } catch {
            // The next start removes what is left.
            logger.warning("the job's checkpoint is left", metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
    }

    /// Writes down the ends of jobs for which there was no room.
    func keepEnds() {
        for job in table.withLock({ Array($0.values) }) where job.unkeptEnd != nil {
            do throws(HostingError) {
                try keep(job, job.status)
                try removeCheckpoint(of: job)
                job.noteUnkeptEnd(nil)
            } catch {
                continue
            }
        }
    }

    /// Jobs that ended are kept, but not without an end.
    private func forgetOldest() throws(HostingError) {
        for job in all.filter(\.status.isFinished).dropFirst(Self.keptJobs) {
            table.withLock { $0[job.id] = nil }
            do { try store.deleteJob(job.id.description) } catch { throw .store(error) }
        }
    }

    /// Seconds on a clock that never goes back.
    private func monotonicSeconds() -> Double {
        (ContinuousClock.now - clock.start) / .seconds(1)
    }
}
