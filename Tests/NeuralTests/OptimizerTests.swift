import Neural
import Testing

@Suite struct OptimizerTests {
    static let cases: [(Optimizer.Rule, [Float])] = [
        (.adam(), References.adam), (.rmsprop(decay: 0.9), References.rmsprop), (.sgd(), References.sgd),
        (.sgd(momentum: 0.9), References.momentum),
    ]

    private func gradient(of step: Int) -> [Float] {
        sequence(20, 10 + step, scale: Float(step + 1) / 4)
    }

    @Test(arguments: cases)
    func `steps as PyTorch does, with the gradient clipped`(_ rule: Optimizer.Rule, _ reference: [Float]) {
        var optimizer = Optimizer(rule, parameterCount: 20)
        var parameters = sequence(20, 1)
        for step in 0..<6 {
            let gradient = gradient(of: step)
            let norm = optimizer.step(&parameters, gradient: gradient, rate: 0.05, maximumNorm: 1.5)
            #expect(abs(norm - gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-4)
        }
        #expect(agree(parameters, reference))
    }

    @Test(arguments: cases)
    func `goes on from its moments bit for bit`(_ rule: Optimizer.Rule, _ reference: [Float]) {
        var unbroken = Optimizer(rule, parameterCount: 20)
        var (left, right) = (sequence(20, 1), sequence(20, 1))
        for step in 0..<3 {
            unbroken.step(&left, gradient: gradient(of: step), rate: 0.05)
        }
        var broken = Optimizer(rule, parameterCount: 20)
        for step in 0..<2 {
            broken.step(&right, gradient: gradient(of: step), rate: 0.05)
        }
        var resumed = Optimizer(rule, moments: broken.moments, steps: broken.steps)
        resumed.step(&right, gradient: gradient(of: 2), rate: 0.05)
        #expect(left == right)
        #expect(resumed.moments == unbroken.moments)
    }

    @Test func `leaves a copy of the parameters as it was`() {
        var optimizer = Optimizer(.adam(), parameterCount: 20)
        var parameters = sequence(20, 1)
        let snapshot = parameters
        optimizer.step(&parameters, gradient: gradient(of: 0), rate: 0.05)
        #expect(snapshot == sequence(20, 1))
        #expect(parameters != snapshot)
    }

    @Test func `moves a target the given share of the way`() {
        var target: [Float] = [0, 10, -4]
        Polyak.update(&target, toward: [4, 10, 4], by: 0.25)
        #expect(target == [1, 10, -2])
    }

    @Test func `goes straight from the first value to the last`() {
        let schedule = Schedule(from: 1, to: 0.5)
        #expect([-1, 0, 0.5, 1, 7].map { schedule.value(at: $0) } == [1, 1, 0.75, 0.5, 0.5])
    }
}
