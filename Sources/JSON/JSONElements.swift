import CJansson

/// The elements of an array.
public struct JSONElements: RandomAccessCollection, Sendable {
    private let array: JSONValue

    /// The elements of an array; none for any other value.
    public init(_ array: JSONValue) {
        self.array = array
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { array.kind == .array ? array.count : 0 }
    public subscript(index: Int) -> JSONValue { array[index] }
}

extension JSONValue {
    /// nil where this is no array.
    public var elements: JSONElements? { kind == .array ? JSONElements(self) : nil }

    /// Reads an array of as many numbers as the target has places (the strings `"Infinity"`, `"-Infinity"` and `"NaN"`
    /// count as numbers). Returns the index of the first element that is none, or nil where all were read.
    public func read(into target: inout MutableSpan<Float>) -> Int? {
        precondition(kind == .array && count == target.count)
        if let numbers { return Self.copy(numbers, to: &target) { Float($0) } }
        return fill { index, node in
            guard let number = Self.extendedDouble(node) else { return false }
            target[index] = Float(number)
            return true
        }
    }

    /// As for `Float`.
    public func read(into target: inout MutableSpan<Double>) -> Int? {
        precondition(kind == .array && count == target.count)
        if let numbers { return Self.copy(numbers, to: &target) { $0 } }
        return fill { index, node in
            guard let number = Self.extendedDouble(node) else { return false }
            target[index] = number
            return true
        }
    }

    /// As for `Float`, for integers and reals without fraction.
    public func read(into target: inout MutableSpan<Int64>) -> Int? {
        precondition(kind == .array && count == target.count)
        if let numbers { return Self.copy(numbers, to: &target) { Int64(exactly: $0) } }
        return fill { index, node in
            guard let number = Self.int64(node) else { return false }
            target[index] = number
            return true
        }
    }

    /// The numbers of an array of nothing else that is long enough to have been read aside; nil for any other value.
    public var numbers: ArraySlice<Double>? { row.map { tree.rows.numbers[$0] } }

    @inline(__always)
    private static func copy<Number>(
        _ numbers: ArraySlice<Double>, to target: inout MutableSpan<Number>, _ convert: (Double) -> Number?
    ) -> Int? {
        for (index, number) in numbers.enumerated() {
            guard let converted = convert(number) else { return index }
            target[index] = converted
        }
        return nil
    }

    @inline(__always)
    private func fill(_ store: (Int, UnsafeMutablePointer<json_t>) -> Bool) -> Int? {
        for index in 0..<json_array_size(node) {
            guard let element = json_array_get(node, index), store(index, element) else { return index }
        }
        return nil
    }
}
