import Gym
import Learning

/// What a policy did in whole episodes, beside the random policy and an expert on the same seeds.
public struct EvaluationResult: Sendable {
    public let environment: String
    public let version: Int
    public let evaluation: Evaluation
    public let random: Evaluation
    /// Nil where nobody knows the environment.
    public let expert: (id: String, evaluation: Evaluation)?

    /// Where the policy is between the random policy, 0, and the expert, 1; nil where these are alike.
    public var scaled: Double? {
        guard let expert, expert.evaluation.mean != random.mean else { return nil }
        return (evaluation.mean - random.mean) / (expert.evaluation.mean - random.mean)
    }

    /// With every single episode, as `evaluate` answers.
    public var value: Value {
        guard case .object(let summary) = summary else { return .null }
        return .object(
            summary + [
                .init("returns", .array(evaluation.returns.map { .double($0) })),
                .init("lengths", .integers(evaluation.lengths)), .init("seeds", .integers(evaluation.seeds)),
            ])
    }

    /// Without them, as the agent keeps it.
    var summary: Value {
        let value = evaluation.value(environment: environment, version: version, random: random)
        guard case .object(let members) = value else { return value }
        return .object(
            members + [
                .init("expert", expert.map { .string($0.id) } ?? .null),
                .init("expert_return", expert.map { .double($0.evaluation.mean) } ?? .null),
                .init("scaled", scaled.map { .double($0) } ?? .null),
            ])
    }
}

extension Hall {
    /// Plays one episode for each seed with the served policy, at random, and as an expert does.
    /// - Parameters:
    ///   - environment: nil for the agent's own.
    ///   - expert: as ``Agents/expert(_:in:of:)`` takes it; nil for the best scripted one, where there is one.
    public func evaluate(
        _ agent: Agent, environment: String?, kwargs: Value?, seeds: [UInt64], expert: String?
    ) throws(HostingError) -> EvaluationResult {
        guard let id = environment ?? agent.configuration.environment else {
            throw .invalid(field: "env_id", reason: "the agent was made for spaces: name an environment to evaluate in")
        }
        let ownKwargs = id == agent.configuration.environment ? agent.configuration.kwargs : nil
        let served = agent.served
        let result: EvaluationResult
        do {
            let request = EnvironmentRequest(try catalogue.spec(id), kwargs: kwargs ?? ownKwargs)
            try request.check(
                observation: agent.observationSpace, action: agent.actionSpace)
            let scripted = catalogue.experts(for: request.spec).isEmpty ? nil : Catalogue.scripted
            let yardstick = try (expert ?? scripted).map { try agents.expert($0, in: request, of: agent.tenant) }
            // The random policy's draws belong to the seeds, so that the same request gives the same answer.
            var random = RandomGenerator(seed: seeds.first ?? 0)
            result = EvaluationResult(
                environment: id, version: served.version,
                evaluation: try Evaluation(of: served.policy, in: request, seeds: seeds, random: &random),
                random: try Evaluation(
                    ofRandomIn: request, form: served.policy.network.action, seeds: seeds, random: &random),
                expert: try yardstick.map { ($0.id, try Evaluation(of: $0.expert, in: request, seeds: seeds)) })
        } catch {
            throw HostingError(error)
        }
        agent.update { $0.evaluation = result.summary }
        try agents.keepProgress(of: agent)
        return result
    }
}

extension EnvironmentRequest {
    /// Whether an agent of these spaces can act here.
    func check(observation: Space, action: Space) throws(LearningError) {
        let vector = try make()
        guard vector.observationSpace == observation, vector.actionSpace == action else {
            throw .invalidRequest(name: "env_id", reason: "\(spec.id) has other spaces than the agent")
        }
    }
}
