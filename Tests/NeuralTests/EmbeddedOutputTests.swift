import Neural
import Testing

@Suite struct EmbeddedOutputTests {
    private let perceptron = Perceptron(
        Perceptron.Shape(
            numbers: 3, hidden: [8], outputs: 18, activation: .tanh, gaussians: [14..<18],
            embedded: .init(outputs: 3..<12, dimension: 4)), from: 5)

    @Test func `scores a member by the product of the query and its key`() {
        let plain = Perceptron(Perceptron.Shape(numbers: 3, hidden: [8], outputs: 11, activation: .tanh), from: 5)
        #expect(perceptron.parameters == plain.parameters)
        let (rows, parameters) = (6, sequence(plain.parameters.upperBound, 3))
        var workspace = Workspace(for: perceptron, capacity: rows)
        var asked = Workspace(for: plain, capacity: rows)
        workspace.numbers = sequence(rows * 3, 1)
        asked.numbers = workspace.numbers
        workspace.keys = sequence(9 * 4, 8)
        perceptron.forward(parameters, rows: rows, in: &workspace)
        plain.forward(parameters, rows: rows, in: &asked)
        for row in 0..<rows {
            let sums = asked.outputs[row * 11..<(row + 1) * 11].map { $0 }
            let outputs = workspace.outputs[row * 18..<(row + 1) * 18].map { $0 }
            #expect(Array(outputs[..<3]) == Array(sums[..<3]))
            #expect(Array(outputs[12..<14]) == Array(sums[7..<9]))
            for member in 0..<9 {
                let score = (0..<4).reduce(Float(0)) { $0 + sums[3 + $1] * workspace.keys[member * 4 + $1] }
                #expect(abs(outputs[3 + member] - score) < 1e-5)
            }
        }
    }

    @Test func `has the gradients by parameters and keys that finite differences find`() {
        let rows = 7
        var parameters = sequence(perceptron.parameters.upperBound, 3, scale: 0.5)
        var workspace = Workspace(for: perceptron, capacity: rows)
        workspace.numbers = sequence(rows * 3, 1)
        workspace.keys = sequence(9 * 4, 8)
        let direction = sequence(rows * 18, 9)

        func loss() -> Double {
            perceptron.forward(parameters, rows: rows, in: &workspace)
            return zip(workspace.outputs, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        func slope(_ place: WritableKeyPath<(parameters: [Float], keys: [Float]), [Float]>, _ index: Int) -> Double {
            var values = (parameters: parameters, keys: workspace.keys)
            let (step, before) = (Float(1.0 / 256), values)
            func moved(by offset: Float) -> Double {
                values = before
                values[keyPath: place][index] += offset
                (parameters, workspace.keys) = values
                defer { (parameters, workspace.keys) = before }
                return loss()
            }
            return (moved(by: step) - moved(by: -step)) / Double(2 * step)
        }
        _ = loss()
        workspace.outputGradient = direction
        var gradient = [Float](repeating: .nan, count: perceptron.parameters.upperBound)
        perceptron.backward(parameters, rows: rows, in: &workspace, to: &gradient)
        let keyGradient = workspace.keyGradient
        // What lies before is another's.
        for place in 0..<5 { #expect(gradient[place].isNaN) }
        for index in stride(from: 5, to: gradient.count, by: 3) {
            let slope = slope(\.parameters, index)
            #expect(abs(slope - Double(gradient[index])) < 0.02 * max(1, abs(slope)), "parameter \(index)")
        }
        for index in keyGradient.indices {
            let slope = slope(\.keys, index)
            #expect(abs(slope - Double(keyGradient[index])) < 0.02 * max(1, abs(slope)), "key \(index)")
        }
    }

    @Test(arguments: [Optimizer.Rule.adam(), .rmsprop(), .sgd(momentum: 0.9)])
    func `rows that move each time move as if the table were dense`(_ rule: Optimizer.Rule) {
        var (dense, sparse) = (sequence(4 + 6 * 3, 1), sequence(4 + 6 * 3, 1))
        var left = Optimizer(rule, parameterCount: dense.count)
        var right = Optimizer(rule, parameterCount: sparse.count)
        let order: [Int32] = [3, 0, 5, 1, 2, 4]
        for step in 0..<5 {
            let gradient = sequence(dense.count, 10 + step)
            left.step(&dense, gradient: gradient, rate: 0.01)
            right.step(&sparse, gradient: Array(gradient[..<4]), rate: 0.01)
            let rows = order.flatMap { gradient[(4 + 3 * Int($0))..<(7 + 3 * Int($0))] }
            right.stepRows(order, ofTableAt: 4, width: 3, &sparse, gradient: rows, rate: 0.01)
        }
        #expect(dense == sparse)
        #expect(left.moments == right.moments)
    }

    @Test func `rows that are not named rest`() {
        let before = sequence(20, 1)
        var parameters = before
        var optimizer = Optimizer(.adam(), parameterCount: 20)
        optimizer.step(&parameters, gradient: [1, 1], rate: 0.1)
        optimizer.stepRows([4], ofTableAt: 2, width: 3, &parameters, gradient: [1, 1, 1], rate: 0.1)
        for place in 2..<20 { #expect((parameters[place] != before[place]) == (14..<17).contains(place)) }
    }

    @Test func `a component that is not centred counts as it is`() {
        let (head, centred) = (ScoreHead(components: [3, 4], uncentred: 1), ScoreHead(components: [3, 4]))
        let outputs = sequence(8, 2)
        let mean = outputs[4...].reduce(0, +) / 4
        for choice in 0..<4 {
            var (left, right): ([Float], [Float]) = ([0], [0])
            head.values(outputs, rows: 1, of: [1, Int32(choice)], to: &left)
            centred.values(outputs, rows: 1, of: [1, Int32(choice)], to: &right)
            #expect(abs(left[0] - right[0] - mean / 2) < 1e-6)
        }
        var gradient = [Float](repeating: .nan, count: 8)
        head.backward([1], rows: 1, of: [1, 2], to: &gradient)
        #expect(Array(gradient[4...]) == [0, 0, 0.5, 0])
    }
}
