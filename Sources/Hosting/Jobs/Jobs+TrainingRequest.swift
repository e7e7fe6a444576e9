import Gym
import Learning

/// From what a client asked for, by names, to what a training is asked to do: worlds, experts and episodes found.
extension Jobs {
    func trainingRequest(_ asked: TrainRequest, _ agent: Agent) throws(HostingError) -> TrainingRequest {
        let environment = try asked.environment.map { id throws(HostingError) in
            try self.environment(id, asked.kwargs, agent)
        }
        var phases: [Phase] = []
        for phase in asked.phases {
            phases.append(
                Phase(
                    phase.method, budget: phase.budget, hyperparameters: phase.hyperparameters,
                    expert: try expert(phase, environment, agent.tenant, at: "phases/\(phases.count)/expert")))
        }
        return TrainingRequest(
            environment: environment, numEnvs: asked.numEnvs, budget: asked.budget, phases: phases,
            demonstrations: try shown(asked.demonstrations, agent), targetReturn: asked.targetReturn,
            evaluationInterval: asked.evaluationInterval, evaluationEpisodes: asked.evaluationEpisodes,
            seed: agent.configuration.seed)
    }

    private func environment(
        _ id: String, _ kwargs: Value?, _ agent: Agent
    ) throws(HostingError) -> EnvironmentRequest {
        let request: EnvironmentRequest
        do { request = EnvironmentRequest(try catalogue.spec(id), kwargs: kwargs) } catch { throw .environment(error) }
        do {
            try request.check(
                observation: agent.observationSpace, action: agent.actionSpace)
        } catch {
            throw .learning(error)
        }
        return request
    }

    private func expert(
        _ phase: TrainRequest.Phase, _ environment: EnvironmentRequest?, _ tenant: Tenant, at field: String
    ) throws(HostingError) -> (any Expert)? {
        guard let name = phase.expert, name != TrainRequest.client, let environment else { return nil }
        do throws(HostingError) {
            let expert = try agents.expert(name, in: environment, of: tenant).expert
            guard let version = phase.expertVersion, let agent = Identifier(name).flatMap({ agents.find($0) }) else {
                return expert
            }
            return try agents.policy(version, of: agent).policy
        } catch {
            switch error {
            case .invalid(_, let reason): throw .invalid(field: field, reason: reason)
            case .environment(.unknownExpert(let id, let environment, let known)):
                throw .invalid(
                    field: field,
                    reason:
                        "\(environment) has no expert \"\(id)\"; there are \(known.joined(separator: ", ")), agents' ids "
                        + "and \"\(TrainRequest.client)\"")
            default: throw error
            }
        }
    }

    /// The episodes of some sets.
    private func shown(_ ids: [Identifier], _ agent: Agent) throws(HostingError) -> [Trajectory] {
        var episodes: [Trajectory] = []
        var total = (steps: 0, bytes: 0)
        for (index, id) in ids.enumerated() {
            guard let set = demonstrations.find(id, of: agent.tenant) else {
                throw .invalid(field: "demonstrations/\(index)", reason: "there are no demonstrations \(id)")
            }
            let counts = set.counts
            total = (total.steps + counts.steps, total.bytes + counts.bytes)
            guard total.steps <= Demonstrations.maximumSteps, total.bytes <= Demonstrations.maximumBytes else {
                throw .invalid(
                    field: "demonstrations/\(index)",
                    reason: "together they may hold \(Demonstrations.maximumSteps) steps and "
                        + "\(Demonstrations.maximumBytes >> 20) MiB")
            }
            let about = try demonstrations.about(set)
            guard about.observationSpace == agent.observationSpace,
                about.actionSpace == agent.actionSpace
            else {
                throw .invalid(
                    field: "demonstrations/\(index)", reason: "demonstrations \(id) have other spaces than the agent")
            }
            episodes += try demonstrations.trajectories(of: set)
        }
        return episodes
    }
}
