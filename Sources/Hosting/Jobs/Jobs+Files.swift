import Gym
import Store
import Synchronization

/// What is on disk.
extension Jobs {
    static func checkpointPath(_ id: Identifier) -> String { "jobs/\(id).safetensors" }

    func removeCheckpoint(of job: Job) throws(HostingError) {
        do { try store.remove(Self.checkpointPath(job.id)) } catch { throw .store(error) }
    }

    /// Writes the job's row and the events that the catalogue does not have yet, and removes those that are not kept.
    /// - Parameter event: one more, which is told only once it is written.
    func keep(_ job: Job, telling event: EventLog.Event? = nil) throws(HostingError) {
        try keep(job, job.status, telling: event)
    }

    /// - Parameter whenKept: what is done between writing and telling.
    func keep(
        _ job: Job, _ status: Job.Status, telling event: EventLog.Event? = nil, whenKept: () -> Void = {}
    ) throws(HostingError) {
        var record = JobRecord(
            id: job.id.description, agentID: job.agent.description, state: status.state.rawValue,
            createdAt: job.createdAt, request: job.request.value.json)
        record.startedAt = status.startedAt
        record.finishedAt = status.finishedAt
        record.result = status.result?.json
        record.error = status.error
        let unstored = job.events.unstored
        let events = (unstored.events + [event].compactMap(\.self)).map { EventRecord(job.id, $0) }
        let progress = agents.find(job.agent)?.progress.value.json
        do {
            try store.put(record, events, without: unstored.forgotten, progress: progress)
        } catch {
            throw .store(error)
        }
        job.events.noteStored(upTo: unstored.events.last?.sequence ?? 0, without: unstored.forgotten)
        whenKept()
        if let event { job.events.append(event, isStored: true) }
    }

    /// Writes labels.
    func keep(_ labels: [LabelRecord]) throws(HostingError) {
        do { try store.put(labels) } catch { throw .store(error) }
    }

    func labels(of job: Job) throws(HostingError) -> [LabelRecord] {
        do { return try store.labels(of: job.id.description) } catch { throw .store(error) }
    }

    /// - Returns: the jobs that had not ended, oldest first.
    func load() throws(HostingError) -> [Job] {
        let records: [JobRecord]
        do {
            records = try store.jobs()
        } catch {
            throw .store(error)
        }
        var interrupted: [Job] = []
        for record in records {
            let job = try load(record)
            table.withLock { $0[job.id] = job }
            if !job.status.isFinished { interrupted.append(job) }
        }
        let known = Set(interrupted.map { "\($0.id).safetensors" })
        do {
            for name in try store.list("jobs") where !known.contains(name) { try store.remove("jobs/\(name)") }
        } catch {
            throw .store(error)
        }
        return interrupted
    }

    private func load(_ record: JobRecord) throws(HostingError) -> Job {
        guard let id = Identifier(record.id), let agent = Identifier(record.agentID),
            let state = Job.State(rawValue: record.state), let request = try? Value(json: record.request)
        else { throw .corrupt("job \(record.id) cannot be read") }
        let events: [EventRecord]
        do {
            events = try store.events(of: record.id)
        } catch {
            throw .store(error)
        }
        var status = Job.Status(state: state, startedAt: record.startedAt, finishedAt: record.finishedAt)
        status.result = record.result.flatMap { try? Value(json: $0) }
        status.error = record.error
        status.progress = events.last { $0.kind == "progress" }.flatMap { try? Value(json: $0.data) }
        let log = EventLog(
            events.map { EventLog.Event(sequence: $0.sequence, kind: $0.kind, data: $0.data) },
            isFinished: status.isFinished)
        return Job(
            id: id, agent: agent, tenant: agents.find(agent)?.tenant ?? .nobody, request: try TrainRequest(request),
            createdAt: record.createdAt, events: log,
            status: status)
    }
}

extension EventRecord {
    init(_ job: Identifier, _ event: EventLog.Event) {
        self.init(jobID: job.description, sequence: event.sequence, kind: event.kind, data: event.data)
    }
}
