/// A ReLU network of one output, with all that trains it.
struct ScalarNetwork: Sendable {
    let perceptron: Perceptron
    var parameters: [Float]
    var gradient: [Float]
    var optimizer: Optimizer
    var workspace: Workspace

    init(numbers: Int, hidden: [Int], uniform: () -> Double) {
        perceptron = Perceptron(Perceptron.Shape(numbers: numbers, hidden: hidden, outputs: 1))
        parameters = perceptron.initialParameters(uniform: uniform)
        gradient = [Float](repeating: 0, count: parameters.count)
        optimizer = Optimizer(.adam(), parameterCount: parameters.count)
        workspace = Workspace(for: perceptron, capacity: 1)
    }

    /// Makes room for rows, and forgets those that were there where there is not enough.
    mutating func reserve(rows: Int) {
        if workspace.capacity < rows { workspace = Workspace(for: perceptron, capacity: rows) }
    }

    mutating func forward(rows: Int) {
        perceptron.forward(parameters, rows: rows, in: &workspace)
    }

    mutating func backward(rows: Int) {
        perceptron.backward(parameters, rows: rows, in: &workspace, to: &gradient)
    }

    mutating func step(rate: Float) {
        optimizer.step(&parameters, gradient: gradient, rate: rate)
    }
}
