import Gym
import Learning

extension EnvironmentRequest {
    /// A learner that has seen so many transitions and learned nothing yet.
    /// - Parameter adjust: changes the default hyperparameters.
    func experiencedLearner(
        _ transitions: Int, knowsFeatures: Bool = true, _ adjust: (inout Hyperparameters) throws -> Void
    ) throws -> Learner {
        let vector = try make()
        var hyperparameters = Hyperparameters(observation: vector.observationSpace, action: vector.actionSpace)
        try adjust(&hyperparameters)
        hyperparameters.learningStarts = transitions
        let training = try Training(
            TrainingRequest(environment: self, budget: .init(steps: transitions), evaluationEpisodes: 1, seed: 1),
            Learner(
                observation: vector.observationSpace, action: vector.actionSpace, hyperparameters: hyperparameters,
                features: knowsFeatures ? vector.actionFeatures : nil, isMasked: vector.hasActionMask, seed: 1),
            now: { 0 })
        while try !training.next().isEmpty {}
        return training.learner
    }
}
