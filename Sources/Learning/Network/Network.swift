import Gym
import Neural

/// The one network of the agent: observation → trunk → V(s) and one score vector for each component of the action.
public struct Network: Sendable, Equatable {
    public let observation: ObservationForm
    public let action: ActionForm
    public let perceptron: Perceptron

    /// 64 MiB of weights, of which learning keeps five of a size.
    private static let parameterLimit = 1 << 24

    public init(observation: Space, action: Space, hyperparameters: Hyperparameters) throws(LearningError) {
        self.observation = try ObservationForm(observation)
        self.action = try ActionForm(
            action, bins: hyperparameters.bins, isGaussian: hyperparameters.boxDistribution == .gaussian)
        perceptron = Perceptron(
            Perceptron.Shape(
                numbers: self.observation.numbers, categories: self.observation.categories,
                hidden: hyperparameters.hiddenSizes, outputs: self.action.head.width,
                activation: hyperparameters.activation, layerNorm: hyperparameters.layerNorm,
                gaussians: self.action.gaussians))
        guard perceptron.parameterCount <= Self.parameterLimit else {
            throw .invalidHyperparameter(
                name: "hidden_sizes",
                reason: "with these spaces they make \(perceptron.parameterCount) weights; at most "
                    + "\(Self.parameterLimit) are supported")
        }
    }

    var head: ScoreHead { action.head }

    public static func == (left: Network, right: Network) -> Bool {
        left.observation == right.observation && left.action == right.action
            && left.perceptron.shape == right.perceptron.shape
    }

    /// Writes the first `rows` of `states` into the inputs of `workspace`.
    func load(_ states: States, rows: Int, _ transform: Normalizer.Transform, into workspace: inout Workspace) {
        for row in 0..<rows { load(states, row: row, transform, into: &workspace, at: row) }
    }

    /// Writes one row of `states` into row `target` of the inputs of `workspace`.
    func load(
        _ states: States, row: Int, _ transform: Normalizer.Transform, into workspace: inout Workspace, at target: Int
    ) {
        transform.apply(states.numbers, row: row, to: &workspace.numbers, row: target)
        let count = observation.categories.count
        for lane in 0..<count {
            workspace.categories[target * count + lane] = states.categories[row * count + lane]
        }
    }
}
