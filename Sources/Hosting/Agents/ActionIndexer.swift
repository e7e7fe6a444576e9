import Foundation
import Learning
import Logging
import Store
import Synchronization
import Workers

/// Lays the indexes over agents' actions, one after the other on a thread of its own that yields to all others; and makes
/// the keys of actions before somebody waits for them. Until an index is laid, exact search answers.
final class ActionIndexer: Sendable {
    private let waiting = Mutex<[Agent]>([])
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isStopping = Atomic(false)
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        Background.run(named: "index") { [self] in run() }
    }

    /// Has an agent looked at whose policy, actions, or wish for an index changed.
    func look(at agent: Agent) {
        guard agent.served.policy.embeddedCount > 0 else { return }
        waiting.withLock { agents in
            if !agents.contains(where: { $0 === agent }) { agents.append(agent) }
        }
        work.signal()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        work.signal()
        ended.wait()
    }

    private func run() {
        defer { ended.signal() }
        // Of this thread alone, on Linux.
        _ = setpriority(.init(0), 0, 10)
        var indexes: [Identifier: ActionIndex] = [:]
        while true {
            work.wait()
            guard !isStopping.load(ordering: .acquiring) else { return }
            guard let agent = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            indexes[agent.id] = serve(agent, indexes.removeValue(forKey: agent.id))
        }
    }

    /// - Parameter previous: the index that was laid for the agent last.
    /// - Returns: the one that is laid now.
    private func serve(_ agent: Agent, _ previous: ActionIndex?) -> ActionIndex? {
        let (served, table) = (agent.served, agent.table)
        served.policy.prepare()
        guard let wanted = agent.configuration.indexRecall else {
            served.policy.answer(by: nil)
            agent.report(nil)
            return nil
        }
        let isWanted = { [self] in
            !isStopping.load(ordering: .acquiring) && agent.served.version == served.version
                && agent.table?.version == table?.version && agent.configuration.indexRecall == wanted
        }
        // One that was laid for a humbler wish must not go on.
        if let index = served.policy.index, !index.finds(wanted) { served.policy.answer(by: nil) }
        var status = IndexStatus(wanted, served)
        agent.report(status)
        let start = ContinuousClock.now
        do {
            let previous = previous.flatMap { $0.isLaid(for: served.policy) ? $0 : nil }
            let index = try served.policy.makeIndex(recall: wanted, after: previous) { indexed in
                status.indexed = indexed
                agent.report(status)
                return isWanted()
            }
            guard let index else { return nil }
            status.state = index.finds(wanted) ? .ready : .short
            status.bestRecall = index.bestRecall
            (status.recall, status.effort, status.byteCount) = (index.recall, index.effort, index.byteCount)
            status.seconds = (.now - start) / .seconds(1)
            if status.state == .ready { served.policy.answer(by: index) } else { status.byteCount = 0 }
            agent.report(status)
            log(status, of: agent)
            return status.state == .ready ? index : nil
        } catch {
            // Who changed the agent has asked for another look.
            guard isWanted() else { return nil }
            (status.state, status.error) = (.failed, "\(error)")
            agent.report(status)
            log(status, of: agent)
            return nil
        }
    }

    private func log(_ status: IndexStatus, of agent: Agent) {
        let metadata: Logger.Metadata = [
            "agent": "\(agent.id)", "version": "\(status.version)", "recall": "\(status.recall ?? 0)",
            "bytes": "\(status.byteCount)", "seconds": "\(status.seconds ?? 0)",
        ]
        switch status.state {
        case .ready: logger.info("an action index answers", metadata: metadata)
        case .short: logger.warning("an action index finds too little; exact search answers", metadata: metadata)
        default:
            logger.error(
                "an action index cannot be laid; exact search answers",
                metadata: ["agent": "\(agent.id)", "error": "\(status.error ?? "")"])
        }
    }
}

extension Agents {
    /// Has an agent's best actions found by an index, where that finds as much as asked for; or exactly again.
    /// - Parameter recall: the share of the ten best actions that it is to find; nil for no index.
    public func index(_ agent: Agent, recall: Double?) throws(HostingError) {
        try agent.changing.withLock { _ throws(HostingError) in
            guard find(agent.id) === agent else { throw .unknownAgent(agent.id.description) }
            guard recall == nil || agent.served.policy.embeddedCount > 0 else {
                throw .notEmbedded(agent.id.description)
            }
            var configuration = agent.configuration
            configuration.indexRecall = recall
            try storing { () throws(StoreError) in
                try store.put(configuration: configuration.value.json, of: agent.id.description)
            }
            agent.wish(indexRecall: recall)
        }
        indexer.look(at: agent)
    }
}
