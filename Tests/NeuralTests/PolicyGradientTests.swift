import Neural
import Testing

@Suite struct PolicyGradientTests {
    let head = ScoreHead(components: [3, 20])
    let outputs = sequence(6 * 24, 5, scale: 2)
    let choices: [Int32] = [0, 7, 1, 12, 2, 4, 0, 0, 1, 3, 2, 10]
    let advantages = sequence(6, 7, scale: 2)
    let returns = sequence(6, 8, scale: 3)

    struct Case: Sendable {
        var mask: [UInt8] = []
        let clip: Float
        let logProbabilities, means, gradient: [Float]
    }

    static let mask: [UInt8] = (0..<138).map { $0 % 5 != 1 ? 1 : 0 }
    static let cases = [
        Case(
            clip: 0.2, logProbabilities: PolicyReferences.logProbabilities, means: PolicyReferences.meansClipped,
            gradient: PolicyReferences.gradientClipped),
        Case(
            clip: .infinity, logProbabilities: PolicyReferences.logProbabilities,
            means: PolicyReferences.meansUnclipped, gradient: PolicyReferences.gradientUnclipped),
        Case(
            mask: mask, clip: 0.2, logProbabilities: PolicyReferences.logProbabilitiesMasked,
            means: PolicyReferences.meansClippedMasked, gradient: PolicyReferences.gradientClippedMasked),
        Case(
            mask: mask, clip: .infinity, logProbabilities: PolicyReferences.logProbabilitiesMasked,
            means: PolicyReferences.meansUnclippedMasked, gradient: PolicyReferences.gradientUnclippedMasked),
    ]

    @Test(arguments: cases)
    func `agrees with PyTorch`(_ reference: Case) {
        var logProbabilities = [Float](repeating: .nan, count: 6)
        head.logProbabilities(outputs, rows: 6, masks: reference.mask, of: choices, to: &logProbabilities)
        #expect(agree(logProbabilities, reference.logProbabilities))

        let objective = PolicyGradient(clip: reference.clip, valueCoefficient: 0.7, entropyCoefficient: 0.3)
        let old = zip(logProbabilities, [0, 0.1, 0.5, -0.5, 0.5, -0.5]).map { $0 - $1 }
        var gradient = [Float](repeating: .nan, count: 144)
        let means = objective(
            head, outputs: outputs, rows: 6, masks: reference.mask, choices: choices, oldLogProbabilities: old,
            advantages: advantages, returns: returns, gradient: &gradient)
        #expect(agree(gradient, reference.gradient))
        let found = [means.policyLoss, means.valueLoss, means.entropy, means.approximateKL, means.clipFraction]
        #expect(agree(found.map(Float.init), reference.means))
    }

    @Test func `is the gradient of behaviour cloning where every advantage is one`() {
        var old = [Float](repeating: 0, count: 6)
        head.logProbabilities(outputs, rows: 6, of: choices, to: &old)
        var (reinforced, imitated) = ([Float](repeating: .nan, count: 144), [Float](repeating: 0, count: 144))
        let means = PolicyGradient(clip: .infinity, valueCoefficient: 0)(
            head, outputs: outputs, rows: 6, choices: choices, oldLogProbabilities: old,
            advantages: [Float](repeating: 1, count: 6), returns: returns, gradient: &reinforced)
        _ = Imitation.crossEntropy(head, outputs: outputs, rows: 6, choices: choices, addingTo: &imitated)
        #expect(agree(reinforced, imitated))
        #expect(means.approximateKL == 0 && means.clipFraction == 0)
    }

    @Test func `the logarithm of a vanishing probability is right`() {
        let head = ScoreHead(components: [3])
        var logProbabilities: [Float] = [.nan, .nan]
        head.logProbabilities([0, 3000, -1000, 0, 0, -4e4, 7, 7], rows: 2, of: [1, 0], to: &logProbabilities)
        #expect(agree(logProbabilities, [-4000, -40007.6931]))
    }

    @Test func `no ratio makes a gradient that is not finite`() {
        let head = ScoreHead(components: [3])
        var gradient = [Float](repeating: .nan, count: 4)
        _ = PolicyGradient()(
            head, outputs: [0, 3000, -1000, 0], rows: 1, choices: [0], oldLogProbabilities: [-4000],
            advantages: [-1], returns: [0], gradient: &gradient)
        #expect(gradient.allSatisfy { $0.isFinite })
    }

    @Test func `a component without an allowed choice has no say`() {
        let head = ScoreHead(components: [2, 3])
        var logProbabilities: [Float] = [.nan, .nan]
        let outputs: [Float] = [0.5, 9, -9, 1, 1, 1, 0.5, 9, -9, 1, 1, 1]
        let masks: [UInt8] = [0, 0, 1, 1, 0, 0, 1, 1, 1, 1]
        head.logProbabilities(outputs, rows: 2, masks: masks, of: [0, 1, 0, 1], to: &logProbabilities)
        #expect(agree(logProbabilities, [-0.69314718, -1.0986123]))
        var gradient = [Float](repeating: .nan, count: 12)
        let means = PolicyGradient(entropyCoefficient: 0.1)(
            head, outputs: outputs, rows: 2, masks: masks, choices: [0, 1, 0, 1],
            oldLogProbabilities: logProbabilities, advantages: [1, 1], returns: [0.5, 0.5], gradient: &gradient)
        #expect(agree(gradient, [0, 0, 0, 0.25, -0.25, 0, 0, 0, 0, 0.16666667, -0.33333333, 0.16666667]))
        #expect(agree([Float(means.entropy)], [0.89587973]))
    }
}
