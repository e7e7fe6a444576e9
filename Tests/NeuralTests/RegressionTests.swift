import Neural
import Testing

@Suite struct RegressionTests {
    static let cases: [(Regression, [Float], [Float])] = [
        (.huber(delta: 1.5), References.huberLoss, References.huberGradient),
        (.squaredError, References.squaredErrorLoss, References.squaredErrorGradient),
    ]

    @Test(arguments: cases)
    func `agrees with PyTorch`(_ regression: Regression, _ loss: [Float], _ gradient: [Float]) {
        let weights = sequence(10, 3).map { $0 + 1 }
        var found = [Float](repeating: .nan, count: 10)
        let value = regression(
            sequence(10, 1, scale: 3), targets: sequence(10, 2), weights: weights, gradient: &found)
        #expect(agree([Float(value)], loss))
        #expect(agree(found, gradient))
    }

    @Test func `weighs all alike where no weights are given`() {
        let (predictions, targets) = (sequence(10, 1), sequence(10, 2))
        var (left, right) = ([Float](repeating: 0, count: 10), [Float](repeating: 0, count: 10))
        let unweighted = Regression.huber(delta: 1)(predictions, targets: targets, gradient: &left)
        let ones = [Float](repeating: 1, count: 10)
        let weighted = Regression.huber(delta: 1)(
            predictions, targets: targets, weights: ones, gradient: &right)
        #expect(unweighted == weighted)
        #expect(left == right)
    }
}
