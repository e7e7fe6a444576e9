import Gym
import Logging
import Synchronization

/// The place of one worker process, which is started when it is needed, also after one has died.
final class WorkerSlot: Sendable {
    private struct State {
        var process: WorkerProcess?
        /// How often one was started.
        var starts = 0
        var idleSince: ContinuousClock.Instant?
        /// How many in a row died before they had ever answered.
        var barren = 0
    }

    /// Environments that live here.
    let environments = Atomic(0)
    private let command: WorkerCommand
    private let limits: WorkerLimits
    private let name: String
    private let logger: Logger
    private let state = Mutex(State())

    /// How long a process without environments is kept.
    private static let idleTime = Duration.seconds(60)
    /// Where two in a row have died before they ever answered, another is not tried so soon.
    private static let restartTime = Duration.seconds(1)

    init(_ command: WorkerCommand, _ limits: WorkerLimits, name: String, logger: Logger) {
        self.command = command
        self.limits = limits
        self.name = name
        self.logger = logger
    }

    /// The process that is there, or a new one.
    /// - Throws: ``EnvironmentError/workerFailed(_:)`` where none would last.
    func process() throws(EnvironmentError) -> WorkerProcess {
        let (process, fault) = state.withLock { state -> (WorkerProcess?, String?) in
            state.idleSince = nil
            if let process = state.process {
                guard let ending = process.ending else { return (process, nil) }
                let isHopeless = !process.hasAnswered && state.barren > 0
                if isHopeless, process.startedAt.duration(to: .now) < Self.restartTime { return (nil, ending) }
                state.barren = process.hasAnswered ? 0 : state.barren + 1
            }
            let process = WorkerProcess(command, limits, name: name, logger: logger)
            state.process = process
            state.starts += 1
            return (process, nil)
        }
        guard let process else { throw .workerFailed(fault ?? "") }
        return process
    }

    /// Starts but the first: after a death, or where one was let go for want of work.
    var restarts: Int { state.withLock { max($0.starts - 1, 0) } }

    var isRunning: Bool { state.withLock { $0.process?.ending == nil && $0.process != nil } }

    /// What is to be done now and then.
    func tick(now: ContinuousClock.Instant) {
        let (process, isIdle) = state.withLock { state -> (WorkerProcess?, Bool) in
            guard let process = state.process, process.ending == nil else { return (nil, false) }
            guard environments.load(ordering: .relaxed) == 0 else {
                state.idleSince = nil
                return (process, false)
            }
            let since = state.idleSince ?? now
            state.idleSince = since
            guard now - since >= Self.idleTime else { return (process, false) }
            state.process = nil
            return (process, true)
        }
        process?.flush()
        if isIdle { process?.dismiss() }
    }

    /// Has the process end by itself.
    /// - Returns: the process, to be waited for.
    func dismiss() -> WorkerProcess? {
        let process = state.withLock { $0.process }
        process?.dismiss()
        return process
    }
}
