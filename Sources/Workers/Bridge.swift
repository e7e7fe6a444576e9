import Foundation
import Glibc
import Gym
import Logging
import Store
import Synchronization

/// A way to environments of one kind that worker processes host: `gymnasium`, or what a user names.
public final class Bridge: Sendable {
    /// What the ids of its environments begin with, before a slash.
    public let name: String
    let limits: WorkerLimits
    let slots: [WorkerSlot]
    private let logger: Logger
    private let hosted = Atomic(0)
    private let handles = Atomic(0)
    /// What the worker says of its environments, by their ids there.
    private let known = Mutex<[String: WorkerDescription]>([:])

    /// How many environments it remembers descriptions of.
    private static let memory = 10_000
    /// How long workers are given to end by themselves.
    private static let grace = Duration.seconds(2)

    public init(name: String, command: WorkerCommand, limits: WorkerLimits = WorkerLimits(), logger: Logger) {
        self.name = name
        self.limits = limits
        self.logger = logger
        slots = (0..<limits.processes).map { index in
            WorkerSlot(command, limits, name: "\(name) worker \(index)", logger: logger)
        }
    }

    /// Its environments, for the catalogue.
    public var source: Catalogue.Source {
        Catalogue.Source(name: name) { [self] in
            known.withLock { Array($0.values) }.map { spec($0) }
        } find: { [self] id throws(EnvironmentError) in
            spec(try description(String(id.dropFirst(name.count + 1))))
        }
    }

    /// Asks the worker which environments there are; takes as long as it needs to start.
    public func discover() {
        do throws(EnvironmentError) {
            let found = try list(nil)
            known.withLock { known in
                for description in found { known[description.id] = known[description.id] ?? description }
            }
            logger.info("\(name) has \(found.count) environments")
        } catch {
            guard case .workerFailed(let reason) = error else { return }
            logger.error("the environments of \(name) cannot be listed: \(reason)")
        }
    }

    /// What is to be done now and then.
    public func tick(now: ContinuousClock.Instant = .now) {
        for slot in slots { slot.tick(now: now) }
    }

    /// Ends its workers.
    public func stop() {
        let processes = slots.compactMap { $0.dismiss() }
        let deadline = ContinuousClock.now + Self.grace
        while processes.contains(where: { $0.ending == nil }), ContinuousClock.now < deadline { usleep(2000) }
        for process in processes { process.kill("did not end when told to") }
        while processes.contains(where: { $0.ending == nil }), ContinuousClock.now < deadline + Self.grace {
            usleep(2000)
        }
    }

    /// Environments that live in its workers, processes that run, and starts of processes but the first of each.
    public var counts: (environments: Int, processes: Int, restarts: Int) {
        (
            hosted.load(ordering: .relaxed), slots.count { $0.isRunning }, slots.reduce(0) { $0 + $1.restarts }
        )
    }

    private func description(_ id: String) throws(EnvironmentError) -> WorkerDescription {
        if let description = known.withLock({ $0[id] }) { return description }
        guard let description = try list(id).first else {
            throw .workerFailed("the \(name) worker has no word on \(id)")
        }
        known.withLock { if $0.count < Self.memory { $0[id] = description } }
        return description
    }

    /// Takes in what has come to be known of an environment, where it was heard of before.
    func remember(_ description: WorkerDescription, as id: String) {
        known.withLock { if $0[id] != nil, description.id == id { $0[id] = description } }
    }

    private func list(_ id: String?) throws(EnvironmentError) -> [WorkerDescription] {
        var metadata = ["op": "list"]
        metadata["id"] = id
        let slot = slots[0]
        let answer = WorkerAnswer(
            try slot.process().ask(Safetensors(metadata: metadata), within: limits.timeoutOfMake), from: name)
        try answer.check()
        return try answer.descriptions("environments")
    }

    private func spec(_ description: WorkerDescription) -> EnvironmentSpec {
        EnvironmentSpec(
            hosted: "\(name)/\(description.id)", summary: description.summary,
            maxEpisodeSteps: description.maxEpisodeSteps, rewardThreshold: description.rewardThreshold,
            renderModes: description.renderModes, renderFPS: description.renderFPS,
            parameters: description.parameters
        ) { [self] kwargs, options throws(EnvironmentError) in
            try HostedVector(self, description, kwargs: kwargs, options: options)
        }
    }

    /// A number by which a new batch is known to its process.
    func nextHandle() -> Int { handles.add(1, ordering: .relaxed).newValue }

    /// Makes room for environments.
    func reserve(_ count: Int) throws(EnvironmentError) {
        guard hosted.add(count, ordering: .relaxed).newValue <= limits.environments else {
            release(count)
            throw .tooManyHosted(limit: limits.environments)
        }
    }

    func release(_ count: Int) { hosted.subtract(count, ordering: .relaxed) }

    /// Spreads environments over the processes: a single one goes where the fewest are, many go everywhere.
    func places(for count: Int) -> [(slot: WorkerSlot, rows: Range<Int>)] {
        if count == 1 {
            let slot = slots.min { $0.environments.load(ordering: .relaxed) < $1.environments.load(ordering: .relaxed) }
            return [(slot ?? slots[0], 0..<1)]
        }
        let parts = min(slots.count, count)
        return (0..<parts).map { (slots[$0], count * $0 / parts..<count * ($0 + 1) / parts) }
    }
}
