import CKernels

extension Workspace {
    /// Writes rows of a table, normalised, into the inputs: for each of `rows` the row of `table` that `places` names there,
    /// `first` rows further on. A number is (number − shift) · scale, cut off beyond ±`limit`.
    public mutating func gather(
        _ rows: Range<Int>, of places: [Int32], from table: [Float], shift: [Float], scale: [Float], limit: Float,
        to first: Int
    ) {
        let width = shape.numbers
        guard width > 0 && !rows.isEmpty else { return }
        let count = Int32(table.count / width)
        precondition(shift.count == width && scale.count == width && rows.upperBound <= places.count)
        precondition(rows.lowerBound + first >= 0 && rows.upperBound + first <= capacity)
        for row in rows { precondition((0..<count).contains(places[row])) }
        numbers.withUnsafeMutableBufferPointer { numbers in
            places.withUnsafeBufferPointer { places in
                guard let numbers = numbers.baseAddress, let places = places.baseAddress else { return }
                kernel_normalized_rows(
                    rows.count, width, places + rows.lowerBound, table, shift, scale, limit,
                    numbers + (rows.lowerBound + first) * width)
            }
        }
    }

    /// The same of the first `rows` of a table, in their order, to the first inputs.
    public mutating func load(rows: Int, of table: [Float], shift: [Float], scale: [Float], limit: Float) {
        let width = shape.numbers
        guard width > 0 && rows > 0 else { return }
        precondition(shift.count == width && scale.count == width && table.count >= rows * width && rows <= capacity)
        numbers.withUnsafeMutableBufferPointer { numbers in
            kernel_normalized_rows(rows, width, nil, table, shift, scale, limit, numbers.baseAddress)
        }
    }

    /// Takes some rows of another's inputs, from row `first` of its on.
    public mutating func load(_ rows: Range<Int>, of other: borrowing Workspace, from first: Int) {
        precondition(shape == other.shape && rows.upperBound <= capacity && first + rows.count <= other.capacity)
        func take<T>(_ inputs: inout [T], _ others: [T], _ width: Int) {
            let start = first * width
            inputs.replaceSubrange(
                rows.lowerBound * width..<rows.upperBound * width, with: others[start..<start + rows.count * width])
        }
        take(&numbers, other.numbers, shape.numbers)
        take(&categories, other.categories, shape.categories.count)
    }
}
