import Gym
import Neural

/// The one network of the agent: observation → trunk → V(s) and one score vector for each component of the action. Of an
/// embedded component the trunk gives a query instead, and scores are its products with the members' keys.
public struct Network: Sendable, Equatable {
    public let observation: ObservationForm
    public private(set) var action: ActionForm
    /// As learning sees it: of an embedded component it scores those in the running.
    public private(set) var perceptron: Perceptron
    /// The same, but for the query of an embedded component in the place of its scores.
    let asking: Perceptron
    /// How the outputs of ``perceptron`` and of ``asking`` are read.
    private(set) var head: ScoreHead
    let askingHead: ScoreHead
    private(set) var embedding: ActionEmbedding?
    /// How many bins apart those are that are open by now (Growing Q-Networks, Seyde 2024); 1 where all are.
    public internal(set) var grain: Int
    /// All parameters, in one flat buffer; the first `denseCount` of them move with every update.
    public let parameterCount: Int
    /// Of its parameters.
    public var byteCount: Int { parameterCount * MemoryLayout<Float>.size }
    let denseCount: Int

    /// 64 MiB of weights, of which learning keeps five of a size.
    private static let parameterLimit = 1 << 24

    /// - Parameter features: of the members of a Discrete space within the action's; nil where nothing is known of them.
    public init(
        observation: Space, action: Space, hyperparameters: Hyperparameters, features: ActionFeatures? = nil
    ) throws(LearningError) {
        let form = try ActionForm(
            action, bins: hyperparameters.bins, coarseBins: hyperparameters.coarseBins,
            isGaussian: hyperparameters.boxDistribution == .gaussian,
            featureRows: features?.count, embeds: hyperparameters.embeddingSize > 0)
        let inputs = try ObservationForm(observation, maskWidth: form.maskWidth)
        (self.observation, self.action, grain) = (inputs, form, form.coarsestGrain)
        func trunk(_ head: ScoreHead, _ embedded: Perceptron.Shape.Embedded?) -> Perceptron.Shape {
            Perceptron.Shape(
                numbers: inputs.numbers, categories: inputs.categories,
                hidden: hyperparameters.hiddenSizes, outputs: head.width, activation: hyperparameters.activation,
                layerNorm: hyperparameters.layerNorm, gaussians: form.gaussians.map { head.outputs(of: $0) },
                embedded: embedded)
        }
        guard let component = form.embedded else {
            (head, askingHead) = (form.head, form.head)
            perceptron = Perceptron(trunk(head, nil))
            asking = perceptron
            (parameterCount, denseCount) = (perceptron.parameterCount, perceptron.parameterCount)
            try Self.check(denseCount)
            return
        }
        let dimension = hyperparameters.embeddingSize
        askingHead = form.head.resizing(component, to: dimension)
        asking = Perceptron(trunk(askingHead, nil))
        let embedding = try ActionEmbedding(
            form, component: component, hyperparameters, features, from: asking.parameterCount)
        head = form.head.resizing(component, to: embedding.candidates)
        perceptron = Perceptron(
            trunk(head, .init(outputs: head.outputs(of: component), dimension: dimension)))
        self.embedding = embedding
        (parameterCount, denseCount) = (embedding.end, embedding.denseEnd)
        try Self.check(denseCount)
    }

    private static func check(_ weights: Int) throws(LearningError) {
        guard weights <= parameterLimit else {
            throw .invalidHyperparameter(
                name: "hidden_sizes",
                reason: "with these spaces they make \(weights) weights; at most \(parameterLimit) are supported")
        }
    }

    /// What is known of the members of the embedded component.
    public var features: ActionFeatures? { embedding?.features }

    /// How features are seen.
    var featureTransform: Normalizer.Transform? {
        get { embedding?.transform }
        set { if let newValue { embedding?.transform = newValue } }
    }

    /// The same, what is known of the actions being something else, of as many or more. Parameters fit both.
    /// - Precondition: there are features as wide.
    func with(_ features: ActionFeatures) -> Network {
        precondition(features.width == self.features?.width && features.count >= self.features?.count ?? 0)
        guard let embedding = embedding?.with(features) else { preconditionFailure("features are of embedded actions") }
        var other = self
        other.action = action.growing(to: features.count)
        other.embedding = embedding
        // Where there were few, more may be in the running.
        other.head = other.action.head.resizing(embedding.component, to: embedding.candidates)
        var shape = perceptron.shape
        shape.outputs = other.head.width
        shape.gaussians = action.gaussians.map { other.head.outputs(of: $0) }
        shape.embedded = .init(outputs: other.head.outputs(of: embedding.component), dimension: embedding.dimension)
        other.perceptron = Perceptron(shape)
        return other
    }

    /// Whether parameters of one fit the other.
    public static func == (left: Network, right: Network) -> Bool {
        left.observation == right.observation && left.action == right.action
            && left.perceptron.shape == right.perceptron.shape && left.features?.width == right.features?.width
    }

    func initialParameters(uniform: () -> Double) -> [Float] {
        perceptron.initialParameters(uniform: uniform) + (embedding?.initialParameters(uniform: uniform) ?? [])
    }

    /// Writes the first `rows` of `states` into the inputs of `workspace`.
    func load(_ states: States, rows: Int, _ transform: Normalizer.Transform, into workspace: inout Workspace) {
        workspace.load(
            rows: rows, of: states.numbers, shift: transform.shift, scale: transform.scale, limit: transform.limit)
        for place in 0..<rows * observation.categories.count { workspace.categories[place] = states.categories[place] }
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
