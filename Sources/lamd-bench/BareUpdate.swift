import Gym
import Neural

/// The arithmetic of an update of deep Q-learning on one batch, and nothing around it.
struct BareUpdate {
    private let perceptron: Perceptron
    private let head = ScoreHead(components: [2])
    private let rows: Int
    private let target: [Float]
    private let rewards: [Float]
    private let weights: [Float]
    private let choices: [Int32]
    private var parameters: [Float]
    private var optimizer: Optimizer
    private var (online, other): (Workspace, Workspace)
    private var best: [Int32]
    private var (values, targets, slopes): ([Float], [Float], [Float])
    private var gradient: [Float]

    init(width: Int, rows: Int) {
        self.rows = rows
        perceptron = Perceptron(.init(numbers: 4, hidden: [width, width], outputs: head.width))
        var random = RandomGenerator(seed: 1)
        parameters = perceptron.initialParameters { random.random() }
        target = parameters
        optimizer = Optimizer(.adam(), parameterCount: parameters.count)
        online = Workspace(for: perceptron, capacity: rows)
        for index in online.numbers.indices { online.numbers[index] = Float(2 * random.random() - 1) }
        other = online
        choices = (0..<rows).map { _ in Int32(random.integers(0, 2)) }
        best = choices
        rewards = Array(repeating: 1, count: rows)
        weights = rewards
        (values, targets, slopes) = (rewards, rewards, rewards)
        gradient = Array(repeating: 0, count: parameters.count)
    }

    mutating func run() {
        perceptron.forward(target, rows: rows, in: &other)
        head.best(other.outputs, rows: rows, choices: &best)
        head.values(other.outputs, rows: rows, of: best, to: &targets)
        for row in 0..<rows { targets[row] = rewards[row] + 0.99 * targets[row] }
        perceptron.forward(parameters, rows: rows, in: &online)
        head.values(online.outputs, rows: rows, of: choices, to: &values)
        _ = Regression.huber(delta: 1)(values, targets: targets, weights: weights, gradient: &slopes)
        head.backward(slopes, rows: rows, of: choices, to: &online.outputGradient)
        perceptron.backward(parameters, rows: rows, in: &online, to: &gradient)
        optimizer.step(&parameters, gradient: gradient, rate: 1e-3)
    }
}
