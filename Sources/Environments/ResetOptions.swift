import Gym

/// The options of a reset, read with clear errors.
struct ResetOptions {
    private let options: Value?

    /// - Parameter known: the options that the world has; others are refused.
    init(_ options: Value?, known: String...) throws(EnvironmentError) {
        self.options = options
        guard let options, !options.isNull else { return }
        guard let names = options.memberNames else {
            throw .invalidOption(name: "", reason: "expected an object of reset options")
        }
        if let stranger = names.first(where: { !known.contains($0) }) {
            let list = known.isEmpty ? "it takes none" : "it takes " + known.joined(separator: ", ")
            throw .invalidOption(name: stranger, reason: "the environment has no such reset option; \(list)")
        }
    }

    func number(_ name: String, default standard: Double) throws(EnvironmentError) -> Double {
        guard let value = options?[name] else { return standard }
        guard let number = value.asDouble, number.isFinite else {
            throw .invalidOption(name: name, reason: "expected a finite number, not \(value.kindName)")
        }
        return number
    }

    /// The options `low` and `high`, between which a world draws its first state; it has no others.
    @inline(__always) static func bounds(
        _ options: Value?, low: Double, high: Double
    ) throws(EnvironmentError) -> (low: Double, high: Double) {
        // Episodes that follow each other begin without any, and short ones begin often.
        guard let options else { return (low, high) }
        return try given(options, low: low, high: high)
    }

    private static func given(
        _ options: Value, low: Double, high: Double
    ) throws(EnvironmentError) -> (low: Double, high: Double) {
        let options = try ResetOptions(options, known: "low", "high")
        let bounds = (low: try options.number("low", default: low), high: try options.number("high", default: high))
        guard bounds.low <= bounds.high, (bounds.high - bounds.low).isFinite else {
            throw .invalidOption(name: "low", reason: "\(bounds.low) is above high, \(bounds.high)")
        }
        return bounds
    }
}

extension StateReader {
    /// A number that a world's state may hold: whatever else a snapshot says, it is finite.
    mutating func readFinite() throws(EnvironmentError) -> Double {
        let value = try readDouble()
        guard value.isFinite else { throw .invalidSnapshot("\(value) is no part of a state") }
        return value
    }

    /// A number within `range`, as a world's state may hold there.
    mutating func readNumber(in range: ClosedRange<Double>) throws(EnvironmentError) -> Double {
        let value = try readDouble()
        guard range.contains(value) else { throw .invalidSnapshot("\(value) is not within \(range)") }
        return value
    }
}
