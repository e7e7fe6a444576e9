import Neural
import Testing

@Suite struct GaussianTests {
    private func perceptron(hidden: [Int], _ activation: Activation) -> Perceptron {
        Perceptron(
            Perceptron.Shape(
                numbers: 3, hidden: hidden, outputs: 30, activation: activation, gaussians: [1..<8, 10..<30]))
    }

    @Test func `agrees with PyTorch in outputs and gradients`() {
        let perceptron = perceptron(hidden: [5], .relu)
        #expect(perceptron.tensors.map(\.shape) == [[3, 5], [5], [5, 7], [7]])
        var parameters: [Float] = []
        for (index, tensor) in perceptron.tensors.enumerated() {
            parameters += sequence(tensor.range.count, 2 + index, scale: 2)
        }
        var workspace = Workspace(for: perceptron, capacity: 6)
        workspace.numbers.replaceSubrange(0..<12, with: sequence(12, 1))
        perceptron.forward(parameters, rows: 4, in: &workspace)
        #expect(agree(Array(workspace.outputs[0..<120]), PolicyReferences.gaussianOutputs))

        workspace.outputGradient.replaceSubrange(0..<120, with: sequence(120, 40))
        var gradient = [Float](repeating: .nan, count: perceptron.parameterCount)
        perceptron.backward(parameters, rows: 4, in: &workspace, to: &gradient)
        #expect(agree(gradient, PolicyReferences.gaussianGradient, within: 1e-4))
    }

    /// The gradient of the policy gradient's loss by the parameters, through scores and Gaussians.
    @Test func `has the gradient that finite differences find`() {
        let (perceptron, head) = (perceptron(hidden: [8, 6], .tanh), ScoreHead(components: [7, 2, 20]))
        let (rows, objective) = (9, PolicyGradient(clip: .infinity, entropyCoefficient: 0.1))
        var parameters = sequence(perceptron.parameterCount, 3, scale: 0.2)
        var workspace = Workspace(for: perceptron, capacity: rows)
        workspace.numbers = sequence(rows * 3, 1)
        let choices = (0..<rows).flatMap { [Int32($0 % 7), Int32($0 % 2), Int32(2 * $0)] }
        perceptron.forward(parameters, rows: rows, in: &workspace)
        var old = [Float](repeating: 0, count: rows)
        head.logProbabilities(workspace.outputs, rows: rows, of: choices, to: &old)

        func loss() -> Double {
            perceptron.forward(parameters, rows: rows, in: &workspace)
            let means = objective(
                head, outputs: workspace.outputs, rows: rows, choices: choices, oldLogProbabilities: old,
                advantages: sequence(rows, 4), returns: sequence(rows, 5), gradient: &workspace.outputGradient)
            return means.policyLoss + 0.5 * means.valueLoss - 0.1 * means.entropy
        }
        _ = loss()
        var gradient = [Float](repeating: .nan, count: perceptron.parameterCount)
        perceptron.backward(parameters, rows: rows, in: &workspace, to: &gradient)
        for index in stride(from: 0, to: perceptron.parameterCount, by: 3) {
            let (step, original) = (Float(1.0 / 512), parameters[index])
            parameters[index] = original + step
            let above = loss()
            parameters[index] = original - step
            let below = loss()
            parameters[index] = original
            let slope = (above - below) / Double(2 * step)
            #expect(abs(slope - Double(gradient[index])) < 0.01 * max(0.2, abs(slope)), "\(index)")
        }
    }

    @Test func `begins in the middle, half as wide as the bounds`() {
        let perceptron = Perceptron(Perceptron.Shape(numbers: 2, hidden: [4], outputs: 5, gaussians: [0..<5]))
        let parameters = perceptron.initialParameters { 0.5 }
        var workspace = Workspace(for: perceptron, capacity: 1)
        workspace.numbers = [3, -1]
        perceptron.forward(parameters, rows: 1, in: &workspace)
        #expect(agree(workspace.outputs, [-2, -0.5, 0, -0.5, -2]))
    }

    @Test func `one number alone is in the middle`() {
        let perceptron = Perceptron(Perceptron.Shape(numbers: 1, hidden: [], outputs: 1, gaussians: [0..<1]))
        var workspace = Workspace(for: perceptron, capacity: 1)
        perceptron.forward([0, 0, 0.5, 1.4004276], rows: 1, in: &workspace)
        #expect(agree(workspace.outputs, [-0.5]))
    }

    @Test func `a shape with Gaussians is another one`() {
        #expect(
            Perceptron.Shape(numbers: 3, hidden: [5], outputs: 7)
                != Perceptron.Shape(numbers: 3, hidden: [5], outputs: 7, gaussians: [1..<7]))
    }
}
