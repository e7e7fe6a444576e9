import Gym
import Learning

extension Hall {
    /// Steps of one request, which are all in memory.
    private static var demonstrationLimit: Int { 1_000_000 }
    /// Episodes that are played side by side.
    private static var sideBySide: Int { 64 }

    /// Has an expert play one episode for each seed.
    /// - Parameters:
    ///   - expert: a scripted expert of the environment, or an agent's id.
    ///   - exploration: the share of steps in which a random allowed action is taken instead.
    public func demonstrate(
        _ environment: String, kwargs: Value?, expert: String, seeds: [UInt64], exploration: Double = 0
    ) throws(HostingError) -> [Trajectory] {
        do {
            let request = EnvironmentRequest(try catalogue.spec(environment), kwargs: kwargs)
            let act = try acting(expert, in: request)
            var trajectories: [Trajectory] = []
            var steps = 0
            for start in stride(from: 0, to: seeds.count, by: Self.sideBySide) {
                let part = Array(seeds[start..<min(start + Self.sideBySide, seeds.count)])
                trajectories += try Demonstration.play(request, part, exploration: exploration, act)
                steps = trajectories.reduce(0) { $0 + $1.length }
                guard steps <= Self.demonstrationLimit else {
                    throw HostingError.invalid(
                        field: "num_episodes",
                        reason: "the episodes have more than \(Self.demonstrationLimit) steps: ask for fewer at once")
                }
            }
            return trajectories
        } catch let error as HostingError {
            throw error
        } catch let error as EnvironmentError {
            throw .environment(error)
        } catch let error as LearningError {
            throw .learning(error)
        } catch {
            throw .corrupt("\(error)")
        }
    }

    /// What an expert does in an environment.
    func acting(_ expert: String, in request: EnvironmentRequest) throws -> Evaluation.Acting {
        if let agent = Identifier(expert).flatMap({ agents.find($0) }) {
            do {
                try request.check(
                    observation: agent.configuration.observationSpace, action: agent.configuration.actionSpace)
            } catch {
                throw HostingError.invalid(
                    field: "expert", reason: "agent \(expert) has other spaces than \(request.spec.id)")
            }
            let policy = agent.served.policy
            return { observations, rows, masks throws(LearningError) in
                // A deterministic policy never draws from it.
                var random = RandomGenerator(seed: 0)
                return try policy.act(observations, rows: rows, masks: masks, random: &random)
            }
        }
        let scripted = try catalogue.expert(expert, for: request.spec).make(for: request.spec, kwargs: request.kwargs)
        return { observations, rows, masks throws(LearningError) in
            scripted.act(observations, rows: rows, masks: masks)
        }
    }
}
