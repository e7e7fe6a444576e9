import Gym
import Neural

/// Has an expert show how it is done: whole episodes, each on a seed of its own.
public struct Demonstrator: Sendable {
    public let expert: any Expert
    /// The share of steps in which any allowed action is taken instead of the expert's: how bad teachers are made.
    public let exploration: Double

    public init(_ expert: any Expert, exploration: Double = 0) {
        self.expert = expert
        self.exploration = exploration
    }

    /// - Parameter form: of the environment's action space: what is drawn from where the expert does not act.
    public func episodes(
        in request: EnvironmentRequest, form: ActionForm, seeds: [UInt64], random: inout RandomGenerator
    ) throws(LearningError) -> [Trajectory] {
        var episodes: [Trajectory] = []
        for seed in seeds { episodes.append(try episode(in: request, form, seed: seed, &random)) }
        return episodes
    }

    private func episode(
        in request: EnvironmentRequest, _ form: ActionForm, seed: UInt64, _ random: inout RandomGenerator
    ) throws(LearningError) -> Trajectory {
        let vector = try request.make()
        do { try vector.reset(seed: seed) } catch { throw .environment(error) }
        let chooser = Chooser(head: form.head, .exploring(1))
        let outputs = [Float](repeating: 0, count: form.head.width)
        var choices = [Int32](repeating: 0, count: form.head.components.count)
        var isBest = [true]
        var trajectory = Trajectory(
            observations: vector.observations, actions: Lanes(form.element, count: 0), masks: vector.actionMasks,
            infos: [vector.info(0)], seed: seed)
        while true {
            let masks = vector.actionMasks
            var action = expert.act(vector.observations, rows: 1, masks: masks)
            if exploration > 0, random.random() < exploration {
                chooser.choose(
                    outputs, rows: 1, masks: form.widen(masks, rows: 1), random: &random, choices: &choices,
                    isBest: &isBest)
                form.decode(choices, rows: 1, to: &action)
            }
            do { try vector.step(action) } catch { throw .environment(error) }
            let ending = vector.episodes.first
            trajectory.observations.append(contentsOf: ending == nil ? vector.observations : vector.finalObservations)
            trajectory.actions.append(contentsOf: action)
            trajectory.rewards += vector.rewards
            trajectory.terminations += vector.terminated
            trajectory.truncations += vector.truncated
            // What is allowed in a last observation is never asked.
            trajectory.masks += vector.actionMasks
            trajectory.infos.append(ending?.finalInfo ?? vector.info(0))
            if ending != nil { return trajectory }
        }
    }
}
