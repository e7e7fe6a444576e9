import Gym
import Learning
import Synchronization

/// An agent that acts in environments of the daemon, as its guard lets it.
public final class AgentPlayer: Sendable {
    private let agent: Agent
    private let served: Agent.Served
    private let deterministic: Bool
    private let caller: Caller
    private let place: String
    private let clock: WallClock
    /// What it did last in each environment, by the environment's number.
    private let latest = Mutex(LatestActions(limit: .max))
    private let counts = Mutex<[Verdict.Outcome: Int]>([:])

    /// - Parameter place: the environment that it plays.
    public init(
        _ agent: Agent, deterministic: Bool, for caller: Caller, in place: String, clock: WallClock
    ) {
        self.agent = agent
        served = agent.served
        self.deterministic = deterministic
        self.caller = caller
        self.place = place
        self.clock = clock
    }

    /// What it does in each environment as it stands.
    /// - Throws: where the agent is turned off, also since the step before.
    public func act(_ vector: any VectorEnvironment) throws(HostingError) -> Lanes {
        let actions = try decide(vector)
        agent.note(serving: vector.count, of: served.version, to: caller, in: place, at: clock.now)
        return actions
    }

    private func decide(_ vector: any VectorEnvironment) throws(HostingError) -> Lanes {
        var random = agent.spawnRandom()
        guard let sentry = try agent.sentry() else {
            do throws(LearningError) {
                return try served.policy.act(
                    vector.observations, rows: vector.count, masks: vector.actionMasks, deterministic: deterministic,
                    random: &random)
            } catch {
                throw .learning(error)
            }
        }
        let limitsChange = sentry.limits.limitsChange
        var question = Sentry.Question(
            observations: vector.observations, rows: vector.count, masks: vector.actionMasks,
            isDeterministic: deterministic, explains: false, isExact: true,
            episodes: (0..<vector.count).map { limitsChange ? String($0) : "" })
        question.latest = latest.withLock { $0 }
        let verdict = try sentry.ask(served.policy, question, random: &random).verdict
        _ = try agent.sentry()
        if limitsChange { remember(verdict.served, question.episodes) }
        counts.withLock { counts in for outcome in verdict.outcomes { counts[outcome, default: 0] += 1 } }
        return verdict.served
    }

    private func remember(_ actions: Lanes, _ episodes: [String]) {
        let width = actions.count / episodes.count
        latest.withLock { latest in
            for (row, episode) in episodes.enumerated() {
                latest.note((0..<width).map { actions.double(row * width + $0) }, in: episode)
            }
        }
    }

    /// Takes in where episodes have ended, or have just begun, in the latest step: the next action there has none before.
    public func look(at vector: any VectorEnvironment) {
        guard agent.limits?.limitsChange == true else { return }
        let begun = vector.didReset.indices.filter { vector.didReset[$0] } + vector.episodes.map(\.index)
        latest.withLock { latest in for index in begun { latest.forget(String(index)) } }
    }

    /// How often its guard came to which outcome; nil where it has none.
    public var outcomes: [(outcome: Verdict.Outcome, count: Int)]? {
        let counts = counts.withLock { $0 }
        return counts.isEmpty ? nil : Verdict.Outcome.allCases.map { ($0, counts[$0] ?? 0) }
    }
}
