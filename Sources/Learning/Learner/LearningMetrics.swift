/// What updates gave, averaged over some of them.
public struct LearningMetrics: Sendable, Equatable {
    private(set) var count = 0
    private var sums = (loss: 0.0, value: 0.0, norm: 0.0)
    /// The latest learning rate.
    public private(set) var learningRate = 0.0

    /// Mean loss of the scaled Q.
    public var loss: Double { sums.loss / Double(max(count, 1)) }
    /// Mean of the scaled Q of what was done.
    public var value: Double { sums.value / Double(max(count, 1)) }
    public var gradientNorm: Double { sums.norm / Double(max(count, 1)) }

    mutating func add(loss: Double, value: Double, gradientNorm: Double, rate: Double) {
        count += 1
        sums.loss += loss
        sums.value += value
        sums.norm += gradientNorm
        learningRate = rate
    }

    public static func == (left: LearningMetrics, right: LearningMetrics) -> Bool {
        left.count == right.count && left.sums == right.sums && left.learningRate == right.learningRate
    }
}
