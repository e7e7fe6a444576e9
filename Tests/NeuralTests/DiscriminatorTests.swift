import Neural
import Testing

@Suite struct DiscriminatorTests {
    struct Case: Sendable {
        var stateWidth: Int?
        let penalty: Float
        let logits, rewards, gradient, metrics, parameters: [Float]
    }

    static let cases = [
        Case(
            penalty: 0, logits: DiscriminatorReferences.gailLogits, rewards: DiscriminatorReferences.gailRewards,
            gradient: DiscriminatorReferences.gailGradient, metrics: DiscriminatorReferences.gailMetrics,
            parameters: DiscriminatorReferences.gailParameters),
        Case(
            penalty: 10, logits: DiscriminatorReferences.penalizedLogits,
            rewards: DiscriminatorReferences.penalizedRewards, gradient: DiscriminatorReferences.penalizedGradient,
            metrics: DiscriminatorReferences.penalizedMetrics,
            parameters: DiscriminatorReferences.penalizedParameters),
        Case(
            stateWidth: 3, penalty: 0.5, logits: DiscriminatorReferences.airlLogits,
            rewards: DiscriminatorReferences.airlRewards, gradient: DiscriminatorReferences.airlGradient,
            metrics: DiscriminatorReferences.airlMetrics, parameters: DiscriminatorReferences.airlParameters),
    ]

    private let rows = 6
    private let interpolation = sequence(6, 26).map { ($0 + 1) / 2 }

    private func steps(_ kind: Int) -> Discriminator.Steps {
        Discriminator.Steps(
            numbers: sequence(rows * 5, 20 + kind), nextStates: sequence(rows * 3, 22 + kind),
            discounts: [0.9, 0.9, 0, 0.9, 0.9, 0.9], logProbabilities: sequence(rows, 24 + kind).map { $0 - 1 })
    }

    private func discriminator(_ reference: Case) -> Discriminator {
        var discriminator = Discriminator(
            width: 5, stateWidth: reference.stateWidth, hidden: [7, 4], learningRate: 0.01,
            gradientPenalty: reference.penalty
        ) { 0 }
        var (parameters, salt) = ([Float](), 2)
        for numbers in [5, reference.stateWidth].compactMap({ $0 }) {
            for count in [numbers * 7, 7, 28, 4, 4, 1] {
                parameters += sequence(count, salt)
                salt += 1
            }
        }
        let zeros = [Float](repeating: 0, count: parameters.count)
        discriminator.restore(parameters: parameters, moments: [zeros, zeros], updates: 0)
        return discriminator
    }

    @Test(arguments: cases)
    func `agrees with PyTorch`(_ reference: Case) {
        var discriminator = discriminator(reference)
        var (expert, own) = ([Float](repeating: .nan, count: rows), [Float](repeating: .nan, count: rows))
        discriminator.logits(steps(0), count: rows, to: &expert)
        discriminator.logits(steps(1), count: rows, to: &own)
        #expect(agree(expert + own, reference.logits))
        discriminator.rewards(steps(1), count: rows, to: &own)
        #expect(agree(own, reference.rewards))

        var metrics = Discriminator.Metrics()
        for update in 0..<3 {
            metrics = discriminator.update(
                expert: steps(0), own: steps(1), rows: rows, interpolation: interpolation)
            // After one step the first moment is a tenth of the gradient.
            if update == 0 { #expect(agree(discriminator.moments[0].map { $0 * 10 }, reference.gradient)) }
        }
        let found = [
            metrics.crossEntropy, metrics.penalty, metrics.expertAccuracy, metrics.ownAccuracy, metrics.gradientNorm,
        ]
        #expect(agree(found.map(Float.init), reference.metrics, within: 1e-4))
        #expect(agree(discriminator.parameters, reference.parameters, within: 1e-4))
        #expect(discriminator.updates == 3)
    }

    @Test(arguments: cases)
    func `has the gradient that finite differences find`(_ reference: Case) {
        let original = discriminator(reference)
        func loss(_ index: Int, _ step: Float) -> Double {
            var (moved, parameters) = (original, original.parameters)
            parameters[index] += step
            moved.restore(parameters: parameters, moments: original.moments, updates: 0)
            let metrics = moved.update(expert: steps(0), own: steps(1), rows: rows, interpolation: interpolation)
            return metrics.crossEntropy + metrics.penalty
        }
        var updated = original
        _ = updated.update(expert: steps(0), own: steps(1), rows: rows, interpolation: interpolation)
        for index in 0..<original.parameterCount {
            let step: Float = 1 / 2048
            let slope = (loss(index, step) - loss(index, -step)) / Double(2 * step)
            #expect(abs(slope - 10 * Double(updated.moments[0][index])) < 0.01 * max(1, abs(slope)), "\(index)")
        }
    }

    @Test(arguments: cases)
    func `goes on from a checkpoint bit for bit`(_ reference: Case) {
        var unbroken = discriminator(reference)
        _ = unbroken.update(expert: steps(0), own: steps(1), rows: rows, interpolation: interpolation)
        var resumed = discriminator(reference)
        resumed.restore(parameters: unbroken.parameters, moments: unbroken.moments, updates: unbroken.updates)
        _ = unbroken.update(expert: steps(1), own: steps(0), rows: 4, interpolation: interpolation)
        _ = resumed.update(expert: steps(1), own: steps(0), rows: 4, interpolation: interpolation)
        #expect(resumed.parameters == unbroken.parameters)
        #expect(resumed.moments == unbroken.moments)
    }

    @Test func `learns to tell, with slopes near one`() {
        var state: UInt64 = 1
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }
        func numbers(_ center: Float) -> Discriminator.Steps {
            Discriminator.Steps(numbers: (0..<128).map { _ in center + Float(2 * uniform() - 1) })
        }
        var discriminator = Discriminator(
            width: 2, hidden: [32, 32], learningRate: 3e-3, gradientPenalty: 10, uniform: uniform)
        var metrics = Discriminator.Metrics()
        for _ in 0..<300 {
            metrics = discriminator.update(
                expert: numbers(1.5), own: numbers(-1.5), rows: 64,
                interpolation: (0..<64).map { _ in Float(uniform()) })
        }
        #expect(metrics.expertAccuracy == 1 && metrics.ownAccuracy == 1)
        #expect(abs(metrics.gradientNorm - 1) < 0.1)
        var logits = [Float](repeating: .nan, count: 64)
        discriminator.logits(numbers(1.5), count: 64, to: &logits)
        #expect(logits.allSatisfy { $0 > 0 })
    }
}
