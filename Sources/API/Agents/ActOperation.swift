import Gym
import HTTP
import Hosting
import Learning

/// What to do: the policy is asked, and answers at once.
enum ActOperation {
    static func act(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let question = try ActQuestion.read(call, to: agent)
        let served: Agent.Served
        do { served = try call.hall.agents.policy(question.version, of: agent) } catch { throw Problem(error) }
        try check(question, served.policy.network.action.maskWidth)
        let (decisions, verdict) = try decide(question, agent, served)
        let answer = Answer(
            agent: agent, served: served, decisions: decisions, verdict: verdict, rows: question.rows,
            isBatch: question.isBatch, values: question.include.contains(.values),
            probabilities: question.include.contains(.probabilities), topK: question.topK)
        let reply: Reply = call.wantsTensors ? .tensors(answer.tensors) : .json { answer.write(to: &$0) }
        // It may have been turned off while it thought.
        _ = try sentry(of: agent)
        if agent.isAudited || call.hall.audit.recordsAllActions {
            try record(question, served, verdict, decisions, agent, call)
        }
        agent.note(serving: question.rows, of: served.version, to: call.caller, at: call.hall.clock.now)
        return reply
    }

    /// An action that cannot be recorded is not served.
    private static func record(
        _ question: ActQuestion, _ served: Agent.Served, _ verdict: Verdict?, _ decisions: Decisions, _ agent: Agent,
        _ call: Call
    ) throws(Problem) {
        let actions = ServedActions(
            agent: agent.id, version: served.version, tenant: call.tenant, caller: call.caller.name,
            request: call.exchange.requestID, rows: question.rows, observations: question.observations,
            actions: decisions.actions, verdict: verdict)
        do { try call.hall.audit.record(actions) } catch { throw Problem(error) }
    }

    private static func sentry(of agent: Agent) throws(Problem) -> Sentry? {
        do { return try agent.sentry() } catch { throw Problem(error) }
    }

    private static func decide(
        _ question: ActQuestion, _ agent: Agent, _ served: Agent.Served
    ) throws(Problem) -> (Decisions, Verdict?) {
        let sentry = try sentry(of: agent)
        var random = question.deterministic ? Self.unused : agent.spawnRandom()
        do throws(HostingError) {
            if let sentry { return try decide(question, served, sentry, &random) }
            do throws(LearningError) {
                return (
                    try served.policy.decide(
                        question.observations, rows: question.rows, masks: question.masks,
                        deterministic: question.deterministic, details: question.explains, isExact: question.isExact,
                        random: &random), nil
                )
            } catch {
                throw .learning(error)
            }
        } catch {
            throw Problem(error)
        }
    }

    private static func decide(
        _ question: ActQuestion, _ served: Agent.Served, _ sentry: Sentry, _ random: inout RandomGenerator
    ) throws(HostingError) -> (Decisions, Verdict?) {
        let members = served.policy.network.action.maskWidth
        guard question.rows <= max(1, detailLimit / members) else {
            throw .invalid(
                field: "observations",
                reason:
                    "of so many actions a guard looks at \(max(1, detailLimit / members)) observations in a request")
        }
        guard !question.isBatch || !question.episodes.isEmpty || !sentry.limits.limitsChange else {
            throw .invalid(
                field: "episode_ids",
                reason: "the guard limits changes within an episode: say which each row belongs to")
        }
        return try sentry.ask(
            served.policy,
            Sentry.Question(
                observations: question.observations, rows: question.rows, masks: question.masks,
                isDeterministic: question.deterministic, explains: question.explains, isExact: question.isExact,
                episodes: question.episodes.isEmpty ? Array(repeating: "", count: question.rows) : question.episodes),
            random: &random)
    }

    /// Numbers, and Booleans of masks, that are worked out to answer one request.
    private static let detailLimit = 1 << 24

    private static func check(_ question: ActQuestion, _ members: Int) throws(Problem) {
        let pointer = question.includePlace
        guard !question.include.contains(.probabilities) || members <= Decisions.detailLimit else {
            throw .invalid("of so many actions ask for \"top_k\": it has the probabilities of the best", at: pointer)
        }
        let most = max(1, detailLimit / min(members, Decisions.detailLimit))
        guard !question.explains || question.rows <= most else {
            throw .invalid("of so many actions at most \(most) observations are explained in a request", at: pointer)
        }
    }

    /// A deterministic policy never draws from it.
    private static let unused = RandomGenerator(seed: 0)
}
