import Gym
import JSON
import Store

/// A matrix of features, a row for each action, as requests have it: rows of JSON numbers, or a tensor [n, f].
extension ActionFeatures {
    static let name = "action_features"
    /// Numbers in a row, at most.
    private static let widths = 1...1_024

    init(_ json: JSONValue, at pointer: JSONPointer) throws(Problem) {
        guard json.kind == .array, let first = json.arrayElements.first else {
            throw .invalid("expected an array of rows, one for each action", at: pointer.description)
        }
        guard first.kind == .array, Self.widths.contains(first.count) else {
            throw .invalid(
                "expected an array of 1 to \(Self.widths.upperBound) numbers", at: pointer.appending(0).description)
        }
        var values: [Float] = []
        values.reserveCapacity(json.count * first.count)
        for (index, row) in json.arrayElements.enumerated() {
            guard row.kind == .array, row.count == first.count else {
                throw .invalid(
                    "expected an array of \(first.count) numbers, as the first row is",
                    at: pointer.appending(index).description)
            }
            for (lane, element) in row.arrayElements.enumerated() {
                guard let number = element.double.map({ Float($0) }), number.isFinite else {
                    throw .invalid(
                        "expected a number within float32's range, not \(element.kindName)",
                        at: pointer.appending(index).appending(lane).description)
                }
                values.append(number)
            }
        }
        self.init(width: first.count, values: values)
    }

    init(_ tensor: Tensor) throws(Problem) {
        guard tensor.shape.count == 2, tensor.shape[0] > 0, Self.widths.contains(tensor.shape[1]) else {
            throw .invalid(
                "expected shape [n, f], f up to \(Self.widths.upperBound), not \(tensor.shape)", at: "/\(Self.name)")
        }
        guard let values = tensor.floats ?? tensor.doubles?.map({ Float($0) }) else {
            throw .invalid("expected dtype float32 or float64, not \(tensor.dtype.rawValue)", at: "/\(Self.name)")
        }
        if let stranger = values.firstIndex(where: { !$0.isFinite }) {
            throw .invalid(
                "row \(stranger / tensor.shape[1]) has a number that is not finite as float32", at: "/\(Self.name)")
        }
        self.init(width: tensor.shape[1], values: values)
    }

    /// Withdraws the members that are flagged.
    mutating func withdraw(_ flags: [Bool]?, at pointer: String) throws(Problem) {
        guard let flags else { return }
        guard flags.count == count else {
            throw .invalid("expected \(count) booleans, one for each row", at: pointer)
        }
        for member in flags.indices where flags[member] { withdraw(member) }
    }
}
