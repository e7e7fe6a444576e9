import CReference
import Gym
import Neural

/// The arithmetic of an update of double deep Q-learning on one batch, and nothing around it.
struct BareUpdate {
    private let perceptron: Perceptron
    private let head = ScoreHead(components: [2])
    private let rows: Int
    private let target: [Float]
    private let rewards: [Float]
    private let choices: [Int32]
    private(set) var parameters: [Float]
    private var optimizer: Optimizer
    /// Rows of states, then rows of those afterwards; and these alone.
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
        online = Workspace(for: perceptron, capacity: 2 * rows)
        for index in online.numbers.indices { online.numbers[index] = Float(2 * random.random() - 1) }
        other = Workspace(for: perceptron, capacity: rows)
        for index in other.numbers.indices { other.numbers[index] = online.numbers[4 * rows + index] }
        choices = (0..<rows).map { _ in Int32(random.integers(0, 2)) }
        best = choices
        rewards = Array(repeating: 1, count: rows)
        (values, targets, slopes) = (rewards, rewards, rewards)
        gradient = Array(repeating: 0, count: parameters.count)
    }

    mutating func run() {
        perceptron.forward(target, rows: rows, in: &other)
        perceptron.forward(parameters, rows: 2 * rows, in: &online)
        head.best(online.outputs, from: rows, rows: rows, choices: &best)
        head.values(other.outputs, rows: rows, of: best, to: &targets)
        for row in 0..<rows { targets[row] = rewards[row] + 0.99 * targets[row] }
        head.values(online.outputs, rows: rows, of: choices, to: &values)
        _ = Regression.huber(delta: 1)(values, targets: targets, gradient: &slopes)
        head.backward(slopes, rows: rows, of: choices, to: &online.outputGradient)
        perceptron.backward(parameters, rows: rows, in: &online, to: &gradient)
        optimizer.step(&parameters, gradient: gradient, rate: 1e-3, maximumNorm: 10)
    }

    /// The same in C, from where this one is.
    func reference() -> ReferenceUpdate {
        ReferenceUpdate(
            width: perceptron.shape.hidden[0], rows: rows, parameters, now: online.numbers, next: other.numbers,
            choices,
            rewards)
    }
}

/// The arithmetic of an update in C on OpenBLAS.
final class ReferenceUpdate {
    private let update: OpaquePointer
    private let count: Int

    fileprivate init(
        width: Int, rows: Int, _ parameters: [Float], now: [Float], next: [Float], _ choices: [Int32],
        _ rewards: [Float]
    ) {
        guard let update = reference_update_make(4, width, rows, parameters, now, next, choices, rewards) else {
            preconditionFailure("there is memory for an update")
        }
        self.update = update
        count = parameters.count
    }

    deinit { reference_update_free(update) }

    func run() { reference_update_run(update) }

    /// Whether its parameters are as good as these: sums may be added up in another order.
    func isNear(_ parameters: [Float]) -> Bool {
        zip(UnsafeBufferPointer(start: reference_update_parameters(update), count: count), parameters)
            .allSatisfy { abs($0 - $1) < 1e-3 }
    }
}
