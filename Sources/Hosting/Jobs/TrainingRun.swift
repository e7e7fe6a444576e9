import Gym
import Learning
import Logging
import Store

/// One job's training on its thread: events told, policies published, checkpoints written.
struct TrainingRun {
    enum Outcome {
        /// A checkpoint is on disk; it goes on at the next start.
        case paused
        /// A checkpoint is on disk; it goes on when these are answered.
        case asking([Question])
        case ended(Job.State, result: Value)
    }

    /// Seconds between checkpoints, besides the one after each evaluation.
    private static let checkpointInterval = 30.0
    /// After one that could not be written.
    private static let retryInterval = 5.0
    /// Episodes told one by one; later ones are thinned out tenfold each time their number grows tenfold.
    private static let episodesTold = 1_000

    private let job: Job
    private let agent: Agent
    private let agents: Agents
    private let store: StateFolder
    private let logger: Logger
    private let now: () -> Double
    private let keep: (Job, EventLog.Event?) throws(HostingError) -> Void
    private let training: Training
    /// The version of the table of action features that it knows.
    private var tableVersion: Int?
    private var lastCheckpoint: Double
    private var lastProgress = -Double.infinity
    private var lastFraction = -Double.infinity
    private var latest: TrainingEvent.Progress?
    /// Of training, in runs before this one.
    private let secondsBefore: Double
    private let began: Double
    /// The version that this job published last, and the updates that its policy was learned by.
    private var published: Int?
    private var publishedUpdates: Int?

    /// - Parameters:
    ///   - keep: stores the job, its new events and one more, which is told only then.
    ///   - make: makes the training, from a checkpoint where there is one.
    init(
        _ job: Job, _ agent: Agent, agents: Agents, store: StateFolder, logger: Logger,
        now: @escaping () -> Double,
        keep: @escaping (Job, EventLog.Event?) throws(HostingError) -> Void,
        make: (Safetensors?) throws(HostingError) -> Training
    ) throws(HostingError) {
        self.job = job
        self.agent = agent
        self.agents = agents
        self.store = store
        self.logger = logger
        self.now = now
        self.keep = keep
        var file: Safetensors?
        do { file = try store.tensors(Jobs.checkpointPath(job.id)) } catch {
            guard case .damaged(let path, let reason) = error else { throw .store(error) }
            agents.torn.take(path, reason, of: "job \(job.id)", remedy: "the job begins with its agent's policy")
        }
        tableVersion = agent.table?.version
        training = try make(file)
        training.isInterrupted = { job.isPaused || job.isCancelled }
        let told = file?.metadata["events"].flatMap { Int($0) } ?? 0
        job.events.truncate(after: told)
        do { try store.deleteEvents(of: job.id.description, after: told) } catch { throw .store(error) }
        secondsBefore = file?.metadata["seconds"].flatMap { Double($0) } ?? 0
        published = file?.metadata["published"].flatMap { Int($0) }
        publishedUpdates = file?.metadata["published_updates"].flatMap { Int($0) }
        began = now()
        lastCheckpoint = now()
    }

    mutating func run() throws(HostingError) -> Outcome {
        do { return try advance() } catch {
            guard case .learning(.interrupted) = error else { throw error }
            // It goes on from the checkpoint before, as what it was in the midst of is in none.
            return job.isPaused ? .paused : try end(.cancelled)
        }
    }

    private mutating func advance() throws(HostingError) -> Outcome {
        while true {
            if job.isPaused {
                try tolerating("checkpoint") { run throws(HostingError) in try run.checkpoint() }
                return .paused
            }
            if job.isCancelled { return try end(.cancelled) }
            followTable()
            let events: [TrainingEvent]
            do { events = try training.next() } catch { throw .learning(error) }
            if events.isEmpty && training.isWaiting {
                try patiently(job) { () throws(HostingError) in try checkpoint(beforeAsking: true) }
                return .asking(training.questions)
            }
            if events.isEmpty { return try end(.succeeded) }
            var isDue = now() - lastCheckpoint > Self.checkpointInterval
            for event in events {
                try tell(event)
                if case .evaluation = event { isDue = true }
            }
            if isDue {
                lastCheckpoint = now() - Self.checkpointInterval + Self.retryInterval
                try tolerating("checkpoint") { run throws(HostingError) in try run.checkpoint() }
            }
        }
    }

    /// Goes on where the disk refuses, and says so: what cannot be kept now is tried again later.
    private mutating func tolerating(
        _ what: String, _ body: (inout TrainingRun) throws(HostingError) -> Void
    ) throws(HostingError) {
        do { try body(&self) } catch {
            guard case .store(let reason) = error else { throw error }
            logger.warning(
                "job goes on without having kept something",
                metadata: ["job": "\(job.id)", "what": "\(what)", "error": "\(reason)"])
            let event: Value = [
                "what": .string(what), "steps": .int(Int64(training.steps)), "detail": .string(reason.description),
            ]
            job.events.append("storage", event.json)
        }
    }

    /// Goes on with the features of actions that the agent has been given. The actions themselves stay those of the world.
    private mutating func followTable() {
        guard let table = agent.table, table.version != tableVersion,
            table.features.count == training.learner.network.features?.count
        else { return }
        training.replace(features: table.features)
        tableVersion = table.version
    }

    private mutating func tell(_ event: TrainingEvent) throws(HostingError) {
        switch event {
        case .phase(let index): tell(phase: index)
        case .progress(let progress): tell(progress)
        case .episode(let episode): tell(episode)
        case .evaluation(let judgement): try tell(judgement)
        }
    }

    /// A phase has begun.
    private mutating func tell(phase index: Int) {
        let phase = job.request.phases[index]
        latest = nil
        note()
        job.events.append(
            "phase",
            Value.object([
                .init("index", .int(Int64(index))), .init("phase", .string(phase.method.kind.rawValue)),
                .init("method", .string(phase.method.rawValue)), .init("steps", .int(Int64(training.steps))),
                .init("updates", .int(Int64(training.updates))),
            ]).json)
    }

    /// At most two a second, and what each phase came to in the end.
    private mutating func tell(_ progress: TrainingEvent.Progress) {
        latest = progress
        note()
        let isOver = progress.phase != training.phaseIndex
        if isOver || now() - lastProgress >= 0.5 && progress.fraction - lastFraction >= 0.001 { tellProgress() }
    }

    /// Tells how far the training is now.
    private mutating func tellProgress() {
        note()
        lastProgress = now()
        lastFraction = training.progress
        if let progress = job.status.progress { job.events.append("progress", progress.json) }
    }

    private func note() {
        agent.update {
            $0.steps = training.learner.transitions
            $0.updates = training.learner.updates
        }
        let value = present
        job.update { $0.progress = value }
    }

    private func tell(_ episode: TrainingEvent.Episode) {
        agent.update { $0.episodes += 1 }
        var stride = 1
        while episode.number / stride > Self.episodesTold { stride *= 10 }
        guard episode.number.isMultiple(of: stride) else { return }
        let value: Value = [
            "episode": .int(Int64(episode.number)), "return": .double(episode.episodeReturn),
            "length": .int(Int64(episode.length)), "steps": .int(Int64(episode.steps)),
        ]
        job.events.append("episode", value.json)
    }

    private mutating func tell(_ judgement: TrainingEvent.Judgement) throws(HostingError) {
        let before = published
        if judgement.isBest, improvesOnServed(judgement.evaluation) {
            try tolerating("policy") { run throws(HostingError) in
                try run.publish(run.training.policy, judgement.evaluation)
            }
        }
        let evaluation = value(of: judgement.evaluation, version: published == before ? nil : published)
        if published != nil { agent.update { $0.evaluation = evaluation } }
        let event: Value = [
            "steps": .int(Int64(judgement.steps)), "updates": .int(Int64(judgement.updates)),
            "phase": .string(kind(ofPhase: judgement.phase)), "best": .bool(judgement.isBest), "evaluation": evaluation,
        ]
        job.events.append("evaluation", event.json)
    }

    private mutating func publish(_ policy: Policy, _ evaluation: Evaluation?) throws(HostingError) {
        let parent = published ?? agent.served.version
        let record = try agents.publish(
            policy, of: agent, lineage: lineage(parent)
        ) { version in evaluation.map { value(of: $0, version: version) } }
        published = record.version
        publishedUpdates = policy.updates
    }

    /// What a version of this job was learned from.
    private func lineage(_ parent: Int) -> Lineage {
        var lineage = Lineage(parents: [.init(agent: agent.id, version: parent)])
        lineage.job = job.id
        lineage.demonstrations = job.request.demonstrations
        for phase in job.request.phases {
            guard let expert = phase.expert else { continue }
            if let version = phase.expertVersion, let id = Identifier(expert) {
                lineage.parents.append(.init(agent: id, version: version))
            } else {
                lineage.experts.append(expert)
            }
        }
        return lineage
    }

    /// A job never makes worse what is served: its first policies must do as well as the one before, in the same world.
    private func improvesOnServed(_ evaluation: Evaluation) -> Bool {
        guard training.isJudged, published == nil, let before = agent.progress.evaluation,
            before["env_id"]?.asString == job.request.environment,
            before["policy_version"]?.asInt64 == Int64(agent.served.version)
        else { return true }
        return evaluation.mean >= before["mean_return"]?.asDouble ?? -.infinity
    }

    /// Writes everything that a run needs to go on from here, and only then says so.
    /// - Parameter beforeAsking: whether the next event asks for labels: a run that goes on with them does not tell it again.
    private mutating func checkpoint(beforeAsking: Bool = false) throws(HostingError) {
        tellProgress()
        let told = job.events.latest + (beforeAsking ? 2 : 1)
        var metadata = ["events": String(told), "seconds": String(seconds)]
        if let published { metadata["published"] = String(published) }
        if let publishedUpdates { metadata["published_updates"] = String(publishedUpdates) }
        let file = Safetensors(training.checkpoint, metadata: metadata)
        do { try store.write(file.encoded(), to: Jobs.checkpointPath(job.id)) } catch { throw .store(error) }
        let event: Value = [
            "steps": .int(Int64(training.steps)), "updates": .int(Int64(training.learner.updates)),
        ]
        try keep(job, job.events.next("checkpoint", event.json))
        lastCheckpoint = now()
    }

    /// Decides which policy to keep, and sums up. A job that is cancelled keeps the best so far.
    private mutating func end(_ state: Job.State) throws(HostingError) -> Outcome {
        if state == .succeeded {
            do { try training.decide() } catch { throw .learning(error) }
        }
        tellProgress()
        let policy = training.policy
        if policy.updates != publishedUpdates, policy.updates > 0,
            training.evaluation.map({ improvesOnServed($0) }) ?? true
        {
            try patiently(job) { () throws(HostingError) in try publish(policy, training.evaluation) }
        }
        let evaluation = training.evaluation.map { value(of: $0, version: published) }
        if published != nil { agent.update { $0.evaluation = evaluation ?? $0.evaluation } }
        try patiently(job) { () throws(HostingError) in try agents.keep(training.learner, of: agent) }
        return .ended(
            state,
            result: [
                "target_return": job.request.targetReturn.map { .double($0) } ?? .null,
                "target_reached": job.request.targetReturn == nil ? .null : .bool(training.isTargetReached),
                "policy_version": .int(Int64(agent.served.version)), "steps": .int(Int64(training.steps)),
                "episodes": .int(Int64(training.episodes)), "updates": .int(Int64(training.updates)),
                "seconds": .double(seconds), "evaluation": evaluation ?? .null,
            ])
    }

    private var seconds: Double { secondsBefore + now() - began }

    /// A progress event: counts as they are now, the rest as the training last reported it.
    private var present: Value {
        let elapsed = max(seconds, 1e-9)
        var metrics: [Value.Member] = [
            .init("steps", .int(Int64(training.steps))), .init("episodes", .int(Int64(training.episodes))),
            .init("updates", .int(Int64(training.updates))), .init("seconds", .double(elapsed)),
            .init("steps_per_s", .double(Double(training.steps) / elapsed)),
        ]
        if let latest {
            metrics.append(.init("exploration", .double(latest.exploration)))
            if let mean = latest.meanReturn { metrics.append(.init("mean_return", .double(mean))) }
            metrics += latest.metrics.means.map { .init($0.name, .double($0.mean)) }
        }
        if let best = training.evaluation { metrics.append(.init("best_return", .double(best.mean))) }
        let fraction = training.progress
        let rest = fraction > 0 ? elapsed / fraction * (1 - fraction) : nil
        return [
            "progress": .double(fraction), "phase": .string(kind(ofPhase: latest?.phase ?? training.phaseIndex)),
            "eta_s": rest.map { .double($0) } ?? .null, "metrics": .object(metrics),
        ]
    }

    private func kind(ofPhase index: Int) -> String {
        job.request.phases[min(index, job.request.phases.count - 1)].method.kind.rawValue
    }

    private func value(of evaluation: Evaluation, version: Int?) -> Value {
        evaluation.value(environment: job.request.environment ?? "", version: version, random: nil)
    }
}

extension Evaluation {
    /// As it goes over the wire, without the single episodes.
    public func value(environment: String, version: Int?, random: Evaluation?) -> Value {
        [
            "env_id": .string(environment), "policy_version": version.map { .int(Int64($0)) } ?? .null,
            "num_episodes": .int(Int64(returns.count)), "mean_return": .double(mean),
            "std_return": .double(standardDeviation), "min_return": .double(minimum), "max_return": .double(maximum),
            "mean_length": .double(meanLength), "random_return": random.map { .double($0.mean) } ?? .null,
        ]
    }
}
