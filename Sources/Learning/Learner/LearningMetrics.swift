/// What updates gave, each figure averaged over some of them.
public struct LearningMetrics: Sendable, Equatable {
    private struct Mean: Sendable, Equatable {
        var name: String
        var sum: Double
        var count: Int
    }

    private var figures: [Mean] = []
    /// Whether a figure was no finite number that must be one.
    private(set) var hasDiverged = false

    /// The mean of a figure; nil where nothing gave it.
    public subscript(name: String) -> Double? {
        figures.first { $0.name == name }.map { $0.sum / Double($0.count) }
    }

    /// In the order in which they came up: `loss` and `value` are of the scaled Q.
    public var means: [(name: String, mean: Double)] { figures.map { ($0.name, $0.sum / Double($0.count)) } }

    /// - Parameter mayBeInfinite: whether that is no sign of learning that has gone astray.
    mutating func add(_ name: String, _ value: Double, mayBeInfinite: Bool = false) {
        if !value.isFinite && !mayBeInfinite { hasDiverged = true }
        if let index = figures.firstIndex(where: { $0.name == name }) {
            figures[index].sum += value
            figures[index].count += 1
        } else {
            figures.append(Mean(name: name, sum: value, count: 1))
        }
    }
}
