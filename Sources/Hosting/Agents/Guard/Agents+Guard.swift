import Gym
import Learning
import Logging
import Store
import Synchronization

/// What keeps agents back, changed while they serve: on disk before it is acknowledged.
extension Agents {
    /// Gives an agent a guard in place of the one it has; nil for none.
    /// - Parameter caller: who wants that.
    public func put(guard value: Value?, of agent: Agent, by caller: Caller) throws(HostingError) {
        try agent.changing.withLock { _ throws(HostingError) in
            guard find(agent.id) === agent else { throw .unknownAgent(agent.id.description) }
            let limits = try value.map { value throws(HostingError) in
                try GuardReader.read(value, for: agent.actionSpace)
            }
            let members = agent.served.policy.network.action.scored.reduce(0, +)
            guard limits?.confidenceFloor == nil || members <= Decisions.detailLimit else {
                throw .invalid(
                    field: "confidence_floor",
                    reason: "of \(members) actions nobody works out how likely they are, of "
                        + "\(Decisions.detailLimit) at most")
            }
            try storing { () throws(StoreError) in
                try store.put(guard: limits?.value.json, of: agent.id.description)
            }
            agent.protect(limits.map { Sentry($0, counts: outcomes, after: agent.sentryAtRest) })
        }
        tell(value == nil ? "an agent has no guard any more" : "an agent has got a guard", agent, by: caller)
    }

    /// Turns an agent off: at once, and whatever becomes of the disk. One that is off stays as it was turned off.
    public func kill(_ agent: Agent, by caller: Caller, reason: String?) throws(HostingError) {
        let killed = agent.turnOff(Killed(at: clock.now, by: caller.name, reason: reason))
        tell("an agent is turned off", agent, by: caller, reason: reason)
        try agent.changing.withLock { _ throws(HostingError) in
            // Somebody may have turned it on again meanwhile.
            guard agent.killed == killed else { return }
            try storing { () throws(StoreError) in
                try store.put(killed: killed.value.json, of: agent.id.description)
            }
        }
    }

    /// Has an agent act again.
    public func revive(_ agent: Agent, by caller: Caller) throws(HostingError) {
        try agent.changing.withLock { _ throws(HostingError) in
            try storing { () throws(StoreError) in try store.put(killed: nil, of: agent.id.description) }
            agent.turnOn()
        }
        tell("an agent acts again", agent, by: caller)
    }

    private func tell(_ what: Logger.Message, _ agent: Agent, by caller: Caller, reason: String? = nil) {
        var metadata: Logger.Metadata = ["agent": "\(agent.id)", "by": "\(caller.name)"]
        if let reason { metadata["reason"] = "\(reason)" }
        logger.notice(what, metadata: metadata)
    }

    /// Writes down who was served since it was last written.
    func keepServings() throws(HostingError) {
        for agent in all { try keepServings(of: agent) }
    }

    func keepServings(of agent: Agent) throws(HostingError) {
        let servings = agent.servings.take()
        do { try store.add(servings.map { $0.record(of: agent.id) }) } catch {
            agent.servings.giveBack(servings)
            throw .store(error)
        }
    }

    /// Who was served actions of a version, first who came first.
    public func servings(_ version: Int, of agent: Agent) throws(HostingError) -> [ServingRecord] {
        try keepServings(of: agent)
        return try storing { () throws(StoreError) in
            try store.servings(of: agent.id.description, version: version)
        }
    }

    /// How often guards came to which outcome.
    var guardOutcomes: [(word: String, count: Int)] { outcomes.all }
}
