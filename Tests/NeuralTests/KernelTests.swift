import CKernels
import Neural
import Testing

/// The variants must agree in every bit, so it does not matter which of them other suites meet meanwhile.
@Suite(.serialized) struct KernelTests {
    /// A pass through every kernel at a size with a tail, by the variants up to `level`.
    private func pass(_ level: Int32) -> [[Float]] {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        let n = 37
        var results: [[Float]] = []
        for (activation, layerNorm, gaussians) in [(Activation.relu, false, []), (.tanh, true, [1..<5, 7..<40])] {
            let perceptron = Perceptron(
                Perceptron.Shape(
                    numbers: 3, categories: [4], hidden: [n, 21], outputs: 41, activation: activation,
                    layerNorm: layerNorm, gaussians: gaussians))
            let parameters = sequence(perceptron.parameterCount, 1)
            var workspace = Workspace(for: perceptron, capacity: 5)
            workspace.numbers = sequence(15, 2)
            workspace.categories = [1, 3, 3, 0, 2]
            perceptron.forward(parameters, rows: 5, in: &workspace)
            results.append(workspace.outputs)
            workspace.outputGradient = sequence(205, 3)
            var gradient = [Float](repeating: 0, count: perceptron.parameterCount)
            perceptron.backward(parameters, rows: 5, in: &workspace, to: &gradient)
            results.append(gradient)
        }
        for rule in [Optimizer.Rule.adam(), .rmsprop(), .sgd(momentum: 0.5)] {
            var (optimizer, parameters) = (Optimizer(rule, parameterCount: n), sequence(n, 4))
            for step in 0..<5 {
                optimizer.step(&parameters, gradient: sequence(n, 5 + step), rate: 0.01, maximumNorm: 1)
            }
            results.append(parameters)
        }
        var target = sequence(n, 6)
        Polyak.update(&target, toward: sequence(n, 7), by: 0.3)
        let head = ScoreHead(components: [n, 3])
        let mask = (0..<40).map { UInt8($0 % 3 == 0 ? 0 : 1) }
        var (value, best, probabilities) = (
            [Float(0)], [Int32](repeating: 0, count: 2), [Float](repeating: 0, count: 40)
        )
        head.best(sequence(41, 8), rows: 1, masks: mask, choices: &best)
        head.values(sequence(41, 8), rows: 1, masks: mask, of: best, to: &value)
        head.probabilities(sequence(41, 8, scale: 9), rows: 1, masks: mask, to: &probabilities)
        let keys = Keys(sequence(6 * n, 9), dimension: n)
        var scores = [Float](repeating: 0, count: 6)
        keys.scores(Rows(sequence(n, 10)), masks: KeyMasks(shared: [1, 1, 1, 0, 1, 1]), to: &scores)
        var powers = sequence(n, 11).map { abs($0) + 0.1 }
        Powers.raise(&powers, in: powers.indices, to: 0.6)
        results += [powers, scores, [keys.normalizer(Rows(sequence(n, 10))).logSum]]
        return results + [target, best.map(Float.init), value, probabilities]
    }

    @Test func `a row times a matrix is summed in its order`() {
        defer { _ = kernels_limit(2) }
        for (inner, columns) in [(1, 1), (4, 3), (3, 16), (64, 64), (64, 3), (7, 15), (5, 129), (2, 80), (128, 17)] {
            let (x, b) = (sequence(inner, 1), sequence(inner * columns, 2))
            let sums = (0..<columns).map { column in
                (0..<inner).reduce(Float(0)) { $0 + b[$1 * columns + column] * x[$1] }
            }
            for level in Int32(0)...2 {
                _ = kernels_limit(level)
                var y = [Float](repeating: .nan, count: columns)
                kernel_row_product(inner, columns, x, b, &y)
                #expect(y == sums, "[\(inner), \(columns)], level \(level)")
            }
        }
    }

    @Test func `all variants give the same bits`() {
        let plain = pass(0)
        for level in Int32(1)...2 {
            for (index, (left, right)) in zip(plain, pass(level)).enumerated() {
                #expect(left.map(\.bitPattern) == right.map(\.bitPattern), "result \(index), level \(level)")
            }
        }
    }

    @Test(arguments: Int32(0)...2)
    func `probabilities and tanh keep to the library's within rounding`(_ level: Int32) {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        let x = (0..<401).map { Float($0 - 200) / 20 }
        var y = x
        kernel_tanh(y.count, &y)
        #expect(zip(x, y).allSatisfy { abs($1 - Self.tanh($0)) < 5e-7 })
        var p = x
        kernel_row_softmax(1, x.count, x.count, x, nil, 0, x.count, &p)
        let sum = x.reduce(0.0) { $0 + Self.exp(Double($1)) }
        #expect(zip(x, p).allSatisfy { abs(Double($1) / (Self.exp(Double($0)) / sum) - 1) < 2e-6 })
    }

    private static func tanh(_ x: Float) -> Float {
        let square = exp(2 * Double(x))
        return Float((square - 1) / (square + 1))
    }

    /// By halving, and the series about zero.
    private static func exp(_ x: Double) -> Double {
        if abs(x) > 0.25 {
            let root = exp(x / 2)
            return root * root
        }
        var (term, sum) = (1.0, 1.0)
        for n in 1..<16 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
