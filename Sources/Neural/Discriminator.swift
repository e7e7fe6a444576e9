import Glibc

/// Tells an expert's steps from one's own, from which the policy takes its reward. A step is a row of `width` numbers,
/// the state's first and then the action's; its logit, above 0 where it looks like the expert's, is
///
///     GAIL (Ho and Ermon 2016):  g(step)
///     AIRL (Fu 2018):            f − log π(a|s)   with   f = g(step) + γ h(next state) − h(state)
///
/// where g and h are ReLU networks of one output, and γ is 0 where the step terminated.
public struct Discriminator: Sendable {
    /// Rows of steps. What only AIRL reads may be left out for GAIL.
    public struct Steps: Sendable {
        /// [rows, width].
        public var numbers: [Float]
        /// AIRL: the states that followed, [rows, stateWidth].
        public var nextStates: [Float]
        /// AIRL: γ, 0 where the step terminated, [rows].
        public var discounts: [Float]
        /// AIRL: log π(a|s) of the policy that is trained, [rows].
        public var logProbabilities: [Float]

        public init(
            numbers: [Float], nextStates: [Float] = [], discounts: [Float] = [], logProbabilities: [Float] = []
        ) {
            self.numbers = numbers
            self.nextStates = nextStates
            self.discounts = discounts
            self.logProbabilities = logProbabilities
        }
    }

    /// How an update found the discriminator before it changed it.
    public struct Metrics: Sendable, Equatable {
        /// Mean over all steps of both kinds.
        public var crossEntropy = 0.0
        /// The gradient penalty, its weight included; 0 where there is none.
        public var penalty = 0.0
        /// The share of the expert's steps that were told to be the expert's, and of one's own to be one's own.
        public var expertAccuracy = 0.0
        public var ownAccuracy = 0.0
        /// The mean of ‖∇g‖ between the expert's and one's own steps, which the penalty draws to 1; 0 where there is none.
        public var gradientNorm = 0.0

        public init() {}
    }

    /// How many numbers a step has.
    public let width: Int
    /// How many of them are the state's, in AIRL; nil in GAIL.
    public let stateWidth: Int?
    public var learningRate: Float
    private var reward: ScalarNetwork
    private var potential: ScalarNetwork?
    private var gradientPenalty: GradientPenalty

    /// - Parameters:
    ///   - stateWidth: makes the discriminator AIRL's.
    ///   - gradientPenalty: the weight of mean((‖∇g‖ − 1)²) between the expert's and one's own steps; 0 for none.
    ///   - uniform: gives numbers in [0, 1).
    public init(
        width: Int, stateWidth: Int? = nil, hidden: [Int], learningRate: Float, gradientPenalty: Float,
        uniform: () -> Double
    ) {
        precondition(width > 0 && gradientPenalty >= 0 && stateWidth.map { (1...width).contains($0) } ?? true)
        self.width = width
        self.stateWidth = stateWidth
        self.learningRate = learningRate
        self.gradientPenalty = GradientPenalty(weight: gradientPenalty)
        reward = ScalarNetwork(numbers: width, hidden: hidden, uniform: uniform)
        potential = stateWidth.map { ScalarNetwork(numbers: $0, hidden: hidden, uniform: uniform) }
    }

    /// Writes the logits of the first `count` steps.
    public mutating func logits(_ steps: Steps, count: Int, to logits: inout [Float]) {
        precondition(logits.count >= count)
        forward([steps], rows: count)
        for row in 0..<count {
            logits[row] = logit(steps, batch: 0, row, of: count)
        }
    }

    /// Writes the policy's rewards for the first `count` steps: −log(1 − D) = log(1 + exp(logit)) in GAIL, f in AIRL.
    public mutating func rewards(_ steps: Steps, count: Int, to rewards: inout [Float]) {
        precondition(rewards.count >= count)
        forward([steps], rows: count)
        for row in 0..<count {
            let value = value(steps, batch: 0, row, of: count)
            rewards[row] = potential == nil ? Float(Self.softplus(Double(value))) : value
        }
    }

    /// One step of Adam against the binary cross-entropy of the first `rows` steps of each kind, and the penalty.
    /// - Parameter interpolation: for each row where the penalty looks between the expert's (1) and one's own (0) step,
    ///   drawn evenly; none are needed where there is no penalty.
    public mutating func update(expert: Steps, own: Steps, rows: Int, interpolation: [Float]) -> Metrics {
        precondition(rows > 0)
        var metrics = Metrics()
        forward([expert, own], rows: rows)
        for (batch, steps) in [expert, own].enumerated() {
            for row in 0..<rows {
                let logit = Double(logit(steps, batch: batch, row, of: rows))
                let isExpert = batch == 0
                metrics.crossEntropy += Self.softplus(isExpert ? -logit : logit) / Double(2 * rows)
                if isExpert && logit > 0 { metrics.expertAccuracy += 1 / Double(rows) }
                if !isExpert && logit < 0 { metrics.ownAccuracy += 1 / Double(rows) }
                let slope = Float((1 / (1 + exp(-logit)) - (isExpert ? 1 : 0)) / Double(2 * rows))
                reward.workspace.outputGradient[batch * rows + row] = slope
                guard potential != nil else { continue }
                potential?.workspace.outputGradient[2 * batch * rows + row] = -slope
                potential?.workspace.outputGradient[(2 * batch + 1) * rows + row] = steps.discounts[row] * slope
            }
        }
        reward.backward(rows: 2 * rows)
        potential?.backward(rows: 4 * rows)
        if gradientPenalty.weight > 0 {
            penalize(expert, own, rows: rows, interpolation, &metrics)
        }
        reward.step(rate: learningRate)
        potential?.step(rate: learningRate)
        return metrics
    }

    private mutating func penalize(
        _ expert: Steps, _ own: Steps, rows: Int, _ interpolation: [Float], _ metrics: inout Metrics
    ) {
        precondition(interpolation.count >= rows)
        for row in 0..<rows {
            for place in row * width..<(row + 1) * width {
                reward.workspace.numbers[place] =
                    own.numbers[place] + interpolation[row] * (expert.numbers[place] - own.numbers[place])
            }
        }
        reward.forward(rows: rows)
        (metrics.penalty, metrics.gradientNorm) = gradientPenalty(
            reward.perceptron, reward.parameters, rows: rows, in: &reward.workspace, addingTo: &reward.gradient)
    }

    /// Takes the first `rows` of each batch through the networks. Of each batch h has the states, then the next states.
    private mutating func forward(_ batches: [Steps], rows: Int) {
        reward.reserve(rows: batches.count * rows)
        potential?.reserve(rows: 2 * batches.count * rows)
        for (batch, steps) in batches.enumerated() {
            precondition(steps.numbers.count >= rows * width)
            for place in 0..<rows * width {
                reward.workspace.numbers[batch * rows * width + place] = steps.numbers[place]
            }
            guard let stateWidth else { continue }
            precondition(steps.nextStates.count >= rows * stateWidth)
            precondition(steps.discounts.count >= rows && steps.logProbabilities.count >= rows)
            let states = 2 * batch * rows * stateWidth
            for row in 0..<rows {
                for lane in 0..<stateWidth {
                    let place = row * stateWidth + lane
                    potential?.workspace.numbers[states + place] = steps.numbers[row * width + lane]
                    potential?.workspace.numbers[states + rows * stateWidth + place] = steps.nextStates[place]
                }
            }
        }
        reward.forward(rows: batches.count * rows)
        potential?.forward(rows: 2 * batches.count * rows)
    }

    /// g or f of one step, after `forward`.
    private func value(_ steps: Steps, batch: Int, _ row: Int, of rows: Int) -> Float {
        let value = reward.workspace.outputs[batch * rows + row]
        guard let outputs = potential?.workspace.outputs else { return value }
        return value + steps.discounts[row] * outputs[(2 * batch + 1) * rows + row] - outputs[2 * batch * rows + row]
    }

    private func logit(_ steps: Steps, batch: Int, _ row: Int, of rows: Int) -> Float {
        let value = value(steps, batch: batch, row, of: rows)
        return potential == nil ? value : value - steps.logProbabilities[row]
    }

    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
}

/// What goes on bit for bit from a checkpoint.
extension Discriminator {
    public var parameterCount: Int { parameters.count }

    /// Those of g, then those of h.
    public var parameters: [Float] { reward.parameters + (potential?.parameters ?? []) }

    /// Adam's first and second moments, each of the parameters' size.
    public var moments: [[Float]] {
        guard let potential else { return reward.optimizer.moments }
        return zip(reward.optimizer.moments, potential.optimizer.moments).map { $0 + $1 }
    }

    /// How many updates there were.
    public var updates: Int { reward.optimizer.steps }

    public mutating func restore(parameters: [Float], moments: [[Float]], updates: Int) {
        precondition(parameters.count == parameterCount && moments.allSatisfy { $0.count == parameterCount })
        let end = reward.parameters.count
        reward.parameters = Array(parameters[..<end])
        reward.optimizer = Optimizer(.adam(), moments: moments.map { Array($0[..<end]) }, steps: updates)
        potential?.parameters = Array(parameters[end...])
        potential?.optimizer = Optimizer(.adam(), moments: moments.map { Array($0[end...]) }, steps: updates)
    }
}
