import Neural
import Testing

@Suite struct PerceptronTests {
    struct Case: Sendable {
        var activation = Activation.relu
        var layerNorm = false
        var outputs: [Float]
        var gradient: [Float]
    }

    static let cases = [
        Case(outputs: References.reluOutputs, gradient: References.reluGradient),
        Case(activation: .tanh, outputs: References.tanhOutputs, gradient: References.tanhGradient),
        Case(
            layerNorm: true, outputs: References.reluNormalizedOutputs, gradient: References.reluNormalizedGradient),
    ]

    @Test(arguments: cases)
    func `agrees with PyTorch in outputs and gradients`(_ reference: Case) {
        let perceptron = Perceptron(
            Perceptron.Shape(
                numbers: 3, categories: [4, 2], hidden: [5, 4], outputs: 3, activation: reference.activation,
                layerNorm: reference.layerNorm))
        var parameters: [Float] = []
        for (index, tensor) in perceptron.tensors.enumerated() {
            parameters += sequence(tensor.range.count, 2 + index)
        }
        var workspace = Workspace(for: perceptron, capacity: 6)
        workspace.numbers.replaceSubrange(0..<12, with: sequence(12, 1))
        workspace.categories.replaceSubrange(0..<8, with: [0, 1, 3, 0, 2, 1, 3, 1])
        perceptron.forward(parameters, rows: 4, in: &workspace)
        #expect(agree(Array(workspace.outputs[0..<12]), reference.outputs))

        workspace.outputGradient.replaceSubrange(0..<12, with: sequence(12, 40))
        var gradient = [Float](repeating: .nan, count: perceptron.parameterCount)
        perceptron.backward(parameters, rows: 4, in: &workspace, to: &gradient)
        #expect(agree(gradient, reference.gradient))
    }

    @Test(arguments: [false, true])
    func `has the gradient that finite differences find`(_ layerNorm: Bool) {
        let perceptron = Perceptron(
            Perceptron.Shape(
                numbers: 7, categories: [5], hidden: [33, 18], outputs: 4, activation: .tanh, layerNorm: layerNorm))
        let rows = 19
        var parameters = sequence(perceptron.parameterCount, 3, scale: 0.5)
        var workspace = Workspace(for: perceptron, capacity: rows)
        workspace.numbers = sequence(rows * 7, 1)
        workspace.categories = (0..<rows).map { Int32($0 % 5) }
        let direction = sequence(rows * 4, 9)

        func loss() -> Double {
            perceptron.forward(parameters, rows: rows, in: &workspace)
            return zip(workspace.outputs, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        _ = loss()
        workspace.outputGradient = direction
        var gradient = [Float](repeating: .nan, count: perceptron.parameterCount)
        perceptron.backward(parameters, rows: rows, in: &workspace, to: &gradient)

        for tensor in perceptron.tensors {
            for index in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 13) {
                let (step, original) = (Float(1.0 / 256), parameters[index])
                parameters[index] = original + step
                let above = loss()
                parameters[index] = original - step
                let below = loss()
                parameters[index] = original
                let slope = (above - below) / Double(2 * step)
                #expect(abs(slope - Double(gradient[index])) < 0.02 * max(1, abs(slope)), "\(tensor.name) \(index)")
            }
        }
    }

    @Test func `adds the row of a member as if it were multiplied by one-hot numbers`() {
        let indexed = Perceptron(Perceptron.Shape(numbers: 0, categories: [6], hidden: [8], outputs: 2))
        let multiplied = Perceptron(Perceptron.Shape(numbers: 6, hidden: [8], outputs: 2))
        #expect(indexed.parameterCount == multiplied.parameterCount)
        let parameters = sequence(indexed.parameterCount, 5)
        var left = Workspace(for: indexed, capacity: 6)
        var right = Workspace(for: multiplied, capacity: 6)
        left.categories = [5, 0, 1, 4, 3, 2]
        for (row, member) in left.categories.enumerated() {
            right.numbers[row * 6 + Int(member)] = 1
        }
        indexed.forward(parameters, rows: 6, in: &left)
        multiplied.forward(parameters, rows: 6, in: &right)
        #expect(agree(left.outputs, right.outputs))
    }

    @Test func `gives a row the same outputs alone as in a batch, to rounding`() {
        let perceptron = Perceptron(Perceptron.Shape(numbers: 4, hidden: [64, 64], outputs: 3))
        let parameters = sequence(perceptron.parameterCount, 7, scale: 0.3)
        var batch = Workspace(for: perceptron, capacity: 50)
        batch.numbers = sequence(200, 2)
        perceptron.forward(parameters, rows: 50, in: &batch)
        var alone = Workspace(for: perceptron, capacity: 1)
        for row in 0..<50 {
            alone.numbers = Array(batch.numbers[row * 4..<row * 4 + 4])
            perceptron.forward(parameters, rows: 1, in: &alone)
            #expect(agree(alone.outputs, Array(batch.outputs[row * 3..<row * 3 + 3])))
        }
    }

    @Test func `begins within the bounds of its fan-in, gains at one`() {
        let perceptron = Perceptron(
            Perceptron.Shape(numbers: 12, categories: [100, 20, 30, 40], hidden: [25], outputs: 3, layerNorm: true))
        var (state, draws) = (UInt64(1), 0)
        let parameters = perceptron.initialParameters {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            draws += 1
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }
        #expect(draws == perceptron.parameterCount - 50)
        for tensor in perceptron.tensors {
            let values = parameters[tensor.range]
            switch tensor.name {
            case "layers.0.gain": #expect(values.allSatisfy { $0 == 1 })
            case "layers.0.shift": #expect(values.allSatisfy { $0 == 0 })
            case "layers.0.weight":
                #expect(values.allSatisfy { abs($0) <= 0.25 } && values.contains { abs($0) > 0.24 })
            case "layers.0.bias": #expect(values.allSatisfy { abs($0) <= 0.25 && $0 != 0 })
            case "layers.1.weight":
                #expect(values.allSatisfy { abs($0) <= 0.02 } && values.contains { abs($0) > 0.018 })
            default: #expect(values.allSatisfy { abs($0) <= 0.02 && $0 != 0 })
            }
        }
        #expect(perceptron.tensors.map(\.range.count).reduce(0, +) == perceptron.parameterCount)
    }

    @Test func `names and places every parameter once`() {
        let perceptron = Perceptron(Perceptron.Shape(numbers: 2, categories: [3], hidden: [4], outputs: 1))
        #expect(
            perceptron.tensors == [
                Perceptron.Tensor(name: "layers.0.weight", shape: [5, 4], range: 0..<20),
                Perceptron.Tensor(name: "layers.0.bias", shape: [4], range: 20..<24),
                Perceptron.Tensor(name: "layers.1.weight", shape: [4, 1], range: 24..<28),
                Perceptron.Tensor(name: "layers.1.bias", shape: [1], range: 28..<29),
            ])
    }
}
