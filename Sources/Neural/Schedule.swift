/// A number that goes in a straight line from one value to another while something advances from 0 to 1: a learning
/// rate, a rate of exploration.
public struct Schedule: Sendable, Equatable {
    public var initial: Double
    public var final: Double

    public init(from initial: Double, to final: Double) {
        self.initial = initial
        self.final = final
    }

    /// The value at `progress`, which is clamped to 0…1.
    public func value(at progress: Double) -> Double {
        initial + (final - initial) * min(max(progress, 0), 1)
    }
}
