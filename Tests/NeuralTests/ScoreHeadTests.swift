import Neural
import Testing

@Suite struct ScoreHeadTests {
    let head = ScoreHead(components: [3, 20])
    let outputs = sequence(3 * 24, 5)
    let choices: [Int32] = [0, 7, 1, 12, 2, 4]

    struct Case: Sendable {
        let mask: [UInt8]
        let values, best, valueGradient, probabilities: [Float]
        let crossEntropyLoss, crossEntropyGradient, marginLoss, marginGradient: [Float]
    }

    static let cases = [
        Case(
            mask: [], values: References.values, best: References.best, valueGradient: References.valueGradient,
            probabilities: References.probabilities, crossEntropyLoss: References.crossEntropyLoss,
            crossEntropyGradient: References.crossEntropyGradient, marginLoss: References.marginLoss,
            marginGradient: References.marginGradient),
        Case(
            mask: (0..<69).map { $0 % 5 != 1 ? 1 : 0 }, values: References.valuesMasked, best: References.bestMasked,
            valueGradient: References.valueGradientMasked, probabilities: References.probabilitiesMasked,
            crossEntropyLoss: References.crossEntropyLossMasked,
            crossEntropyGradient: References.crossEntropyGradientMasked, marginLoss: References.marginLossMasked,
            marginGradient: References.marginGradientMasked),
    ]

    @Test(arguments: cases)
    func `reads action values and the best decision`(_ reference: Case) {
        var values = [Float](repeating: .nan, count: 3)
        head.values(outputs, rows: 3, masks: reference.mask, of: choices, to: &values)
        #expect(agree(values, reference.values))
        var best = [Int32](repeating: -1, count: 6)
        head.best(outputs, rows: 3, masks: reference.mask, choices: &best)
        #expect(best.map(Float.init) == reference.best)
    }

    @Test(arguments: cases)
    func `takes the gradient of values back to the outputs`(_ reference: Case) {
        var gradient = [Float](repeating: .nan, count: 72)
        head.backward(
            [1, -2, 0.5], rows: 3, masks: reference.mask, of: choices, to: &gradient)
        #expect(agree(gradient, reference.valueGradient))
    }

    @Test(arguments: cases)
    func `reads probabilities`(_ reference: Case) {
        var probabilities = [Float](repeating: .nan, count: 69)
        head.probabilities(outputs, rows: 3, masks: reference.mask, to: &probabilities)
        #expect(agree(probabilities, reference.probabilities))
    }

    @Test(arguments: cases)
    func `imitates by cross entropy and by margin`(_ reference: Case) {
        for (kind, loss, expected) in [
            (Imitation.crossEntropy, reference.crossEntropyLoss, reference.crossEntropyGradient),
            (Imitation.margin(0.8), reference.marginLoss, reference.marginGradient),
        ] {
            var gradient = [Float](repeating: 1, count: 72)
            let found = kind(
                head, outputs: outputs, rows: 3, masks: reference.mask, choices: choices,
                weights: [1, 0.5, 2], scale: 3, addingTo: &gradient)
            #expect(agree([Float(found)], loss))
            #expect(agree(gradient.map { ($0 - 1) / 3 }, expected))
        }
    }

    @Test(arguments: [[], (0..<69).map { $0 % 5 != 1 ? UInt8(1) : 0 }])
    func `what is next to a demonstrated member is taken for demonstrated too`(_ mask: [UInt8]) {
        let spreads: [Float] = [0, 2]
        func loss(_ outputs: [Float], _ gradient: inout [Float]) -> Double {
            Imitation.crossEntropy(
                head, outputs: outputs, rows: 3, masks: mask, choices: choices, spreads: spreads, weights: [1, 0.5, 2],
                addingTo: &gradient)
        }
        var gradient = [Float](repeating: 0, count: 72)
        _ = loss(outputs, &gradient)
        var unused = gradient
        let step: Float = 1e-2
        for place in outputs.indices {
            var (more, less) = (outputs, outputs)
            more[place] += step
            less[place] -= step
            let slope = (loss(more, &unused) - loss(less, &unused)) / Double(2 * step)
            #expect(abs(Float(slope) - gradient[place]) < 2e-3)
        }
        // The nearer the more; of the first component, which is not spread, the demonstrated one alone.
        var sharp = [Float](repeating: 0, count: 72)
        _ = Imitation.crossEntropy(
            head, outputs: outputs, rows: 3, masks: mask, choices: choices, weights: [1, 0.5, 2], addingTo: &sharp)
        #expect(Array(gradient[1..<4]) == Array(sharp[1..<4]))
        let softer = (4..<24).map { gradient[$0] - sharp[$0] }
        // The demonstrated one of 20 is 7: it is pulled less, its neighbour more than the one after that.
        #expect(softer[7] > 0)
        guard mask.isEmpty else { return }
        #expect(softer[8] < softer[9] && softer[9] < softer[10] && softer[10] < 0)
        #expect(abs(softer[8] - softer[6]) < 1e-6)
    }

    @Test func `a single component's member values are its action values`() {
        let head = ScoreHead(components: [4])
        let outputs = sequence(2 * 5, 3)
        var members = [Float](repeating: .nan, count: 8)
        head.memberValues(outputs, rows: 2, to: &members)
        for choice in Int32(0)..<4 {
            var values = [Float](repeating: .nan, count: 2)
            head.values(outputs, rows: 2, of: [choice, choice], to: &values)
            #expect(agree(values, [members[Int(choice)], members[4 + Int(choice)]]))
        }
    }

    @Test func `a row without an allowed member is harmless`() {
        let head = ScoreHead(components: [17])
        let (outputs, mask) = (sequence(18, 1), [UInt8](repeating: 0, count: 17))
        var (best, value, probabilities) = ([Int32(-1)], [Float.nan], [Float](repeating: .nan, count: 17))
        head.best(outputs, rows: 1, masks: mask, choices: &best)
        head.values(outputs, rows: 1, masks: mask, of: best, to: &value)
        head.probabilities(outputs, rows: 1, masks: mask, to: &probabilities)
        #expect(best == [0])
        #expect(value[0].isFinite)
        #expect(probabilities.allSatisfy { $0 == 0 })
    }
}
