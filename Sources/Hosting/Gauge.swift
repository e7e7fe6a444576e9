/// A number for the metrics, or several that a label tells apart.
public struct Gauge: Sendable {
    public let name: String
    public let help: String
    public let isCounter: Bool
    /// What stands behind the name: nothing, or a label in braces.
    public let samples: [(label: String, value: Double)]

    public init(name: String, value: Double, help: String, isCounter: Bool = false) {
        self.name = name
        self.help = help
        self.isCounter = isCounter
        samples = [("", value)]
    }

    /// - Parameter values: by the label's values, which need no escaping.
    public init(name: String, by label: String, _ values: [(String, Double)], help: String, isCounter: Bool = false) {
        self.name = name
        self.help = help
        self.isCounter = isCounter
        samples = values.map { ("{\(label)=\"\($0.0)\"}", $0.1) }
    }
}
