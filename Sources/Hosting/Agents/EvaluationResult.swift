import Gym
import Learning

/// What a policy did in whole episodes, beside the random policy on the same seeds.
public struct EvaluationResult: Sendable {
    public let environment: String
    public let version: Int
    public let evaluation: Evaluation
    public let random: Evaluation

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
    var summary: Value { evaluation.value(environment: environment, version: version, random: random) }
}

extension Hall {
    /// Plays one episode for each seed with the served policy, and at random.
    /// - Parameter environment: nil for the agent's own.
    public func evaluate(
        _ agent: Agent, environment: String?, kwargs: Value?, seeds: [UInt64]
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
                observation: agent.configuration.observationSpace, action: agent.configuration.actionSpace)
            // The random policy's draws belong to the seeds, so that the same request gives the same answer.
            var random = RandomGenerator(seed: seeds.first ?? 0)
            result = EvaluationResult(
                environment: id, version: served.version,
                evaluation: try Evaluation(of: served.policy, in: request, seeds: seeds, random: &random),
                random: try Evaluation(
                    ofRandomIn: request, form: served.policy.network.action, seeds: seeds, random: &random))
        } catch let error as EnvironmentError {
            throw .environment(error)
        } catch let error as LearningError {
            throw .learning(error)
        } catch {
            throw .corrupt("\(error)")
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
