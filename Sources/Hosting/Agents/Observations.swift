import Foundation
import Gym
import Learning
import Logging
import Synchronization
import Workers

/// Learning from environments that live in clients: transitions come in at once, the updates that they pay for are made on
/// a thread of their own, and what was learned is published as new versions.
public final class Observations: Sendable {
    /// What `observe` answers.
    public struct Counts: Sendable {
        /// Transitions that were taken, and those that had been observed before.
        public let observed: Int
        public let repeated: Int
        /// The returns of the episodes that ended in what was observed.
        public let returns: [Double]
        /// The agent's transitions in all.
        public let steps: Int
        public let pendingUpdates: Int
    }

    /// Updates in one go: as long as an `observe` may have to wait for the learner.
    private static let burst = 64
    /// Seconds between versions, and between copies of the learner on disk.
    private static let publishInterval = 2.0
    private static let keepInterval = 30.0

    /// An agent's learner while it observes.
    private struct Live {
        var learner: Learner
        /// The version of the table of action features that it knows.
        var tableVersion: Int?
        var episodes = ObservedEpisodes()
        var publishedUpdates: Int
        var lastPublished: ContinuousClock.Instant
        var lastKept: ContinuousClock.Instant

        mutating func know(_ table: ActionTable?) {
            guard let table, table.version != tableVersion, learner.network.features != nil else { return }
            learner.replace(features: table.features)
            tableVersion = table.version
        }
    }

    private final class Cell: Sendable {
        let agent: Agent
        let live: Mutex<Live>
        private let isEmbedded: Bool

        init(_ agent: Agent, _ learner: Learner) {
            self.agent = agent
            isEmbedded = learner.network.features != nil
            live = Mutex(
                Live(learner: learner, publishedUpdates: learner.updates, lastPublished: .now, lastKept: .now))
        }

        /// Whether the learner's network is the agent's: its first table makes it anew.
        var isCurrent: Bool { isEmbedded == (agent.table != nil) }
    }

    private let agents: Agents
    private let logger: Logger
    private let cells = Mutex<[Identifier: Cell]>([:])
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isStopping = Atomic(false)

    init(agents: Agents, logger: Logger) {
        self.agents = agents
        self.logger = logger
        Background.run(named: "observations") { [self] in run() }
    }

    /// Takes transitions in, but for those that it knows already by their episode and step.
    /// - Parameter learns: whether they pay for updates.
    /// - Throws: ``HostingError/agentBusy(_:job:)`` while a job trains the agent.
    public func observe(
        _ transitions: Transitions, _ agent: Agent, learns: Bool
    ) throws(HostingError) -> Counts {
        if let job = agent.job { throw .agentBusy(agent.id.description, job: job.description) }
        let cell = try cell(of: agent)
        let counts = try cell.live.withLock { live throws(HostingError) in
            live.know(agent.table)
            let taken = live.episodes.fresh(transitions)
            let isWhole = taken.count == transitions.rewards.count
            let fresh = isWhole ? transitions : transitions.rows(taken, widths: agent.widths)
            do throws(LearningError) {
                if !taken.isEmpty { try live.learner.observe(fresh, learn: learns) }
            } catch {
                throw .learning(error)
            }
            let returns = live.episodes.note(fresh)
            return Counts(
                observed: taken.count, repeated: transitions.rewards.count - taken.count,
                returns: returns, steps: live.learner.transitions, pendingUpdates: live.learner.pendingUpdates)
        }
        agent.update {
            $0.steps = counts.steps
            $0.episodes += counts.returns.count
            $0.note(counts.returns)
            $0.pendingUpdates = counts.pendingUpdates
        }
        work.signal()
        return counts
    }

    /// Publishes and keeps what an agent has learned by observing; a job goes on from there.
    func settle(_ agent: Agent) throws(HostingError) {
        guard let cell = cells.withLock({ $0.removeValue(forKey: agent.id) }) else { return }
        do {
            try publish(cell, force: true)
            let learner = cell.live.withLock { $0.learner }
            try agents.keep(learner, of: agent)
        } catch {
            // What was observed is not lost because it cannot be kept now.
            cells.withLock { cells in if cells[agent.id] == nil { cells[agent.id] = cell } }
            throw error
        }
        agent.update { $0.pendingUpdates = 0 }
    }

    /// Settles everything.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        work.signal()
        ended.wait()
        for cell in cells.withLock({ Array($0.values) }) {
            do { try settle(cell.agent) } catch { report(error, cell.agent) }
        }
    }

    private func cell(of agent: Agent) throws(HostingError) -> Cell {
        if let cell = cells.withLock({ $0[agent.id] }), cell.isCurrent { return cell }
        let cell = Cell(agent, try agents.learner(of: agent))
        return cells.withLock { cells in
            if let other = cells[agent.id], other.isCurrent { return other }
            cells[agent.id] = cell
            return cell
        }
    }

    private func run() {
        defer { ended.signal() }
        while !isStopping.load(ordering: .acquiring) {
            // Woken by work, and now and then to publish what was held back.
            _ = work.wait(timeout: .now() + 1)
            for cell in cells.withLock({ Array($0.values) }) {
                do { try learn(cell) } catch { report(error, cell.agent) }
            }
        }
    }

    private func learn(_ cell: Cell) throws(HostingError) {
        var pending = 1
        while pending > 0, !isStopping.load(ordering: .acquiring) {
            let (updates, left, hasDiverged) = cell.live.withLock { live in
                live.know(cell.agent.table)
                // Without an end there is no share of it: schedules stay at their beginning.
                for _ in 0..<min(live.learner.pendingUpdates, Self.burst) { live.learner.update(progress: 0) }
                return (live.learner.updates, live.learner.pendingUpdates, live.learner.hasDiverged)
            }
            if hasDiverged {
                // What comes next goes on from what was kept last.
                cells.withLock { $0[cell.agent.id] = nil }
                throw .learning(.diverged(updates: updates))
            }
            pending = left
            cell.agent.update {
                $0.updates = updates
                $0.pendingUpdates = left
            }
            try publish(cell, force: false)
        }
    }

    private func publish(_ cell: Cell, force: Bool) throws(HostingError) {
        let before = cell.live.withLock { $0.publishedUpdates }
        let (policy, learner) = cell.live.withLock { live -> (Policy?, Learner?) in
            let now = ContinuousClock.now
            var policy: Policy?
            var learner: Learner?
            if live.learner.updates > live.publishedUpdates,
                force || now - live.lastPublished > .seconds(Self.publishInterval)
            {
                policy = live.learner.policy
                live.publishedUpdates = live.learner.updates
                live.lastPublished = now
            }
            if now - live.lastKept > .seconds(Self.keepInterval) {
                learner = live.learner
                live.lastKept = now
            }
            return (policy, learner)
        }
        if let policy {
            let parent = Lineage.Parent(agent: cell.agent.id, version: cell.agent.served.version)
            do {
                _ = try agents.publish(policy, of: cell.agent, lineage: Lineage(parents: [parent]))
            } catch {
                cell.live.withLock { $0.publishedUpdates = before }
                throw error
            }
        }
        if let learner { try agents.keep(learner, of: cell.agent) }
    }

    private func report(_ error: HostingError, _ agent: Agent) {
        logger.error(
            "learning from observations failed", metadata: ["agent": "\(agent.id)", "error": "\(error.sentence)"])
    }
}

extension Agent {
    fileprivate var widths: (observation: Int, action: Int, mask: Int) {
        (observationLayout.count, actionLayout.count, served.policy.network.action.maskWidth)
    }
}
