/// Rows that lie `stride` elements apart in a wider row-major array, the first of them at `start`: what a network put out
/// for one component, or that component's masks. The array is shared, not copied.
public struct Rows<Element: Sendable>: Sendable {
    let values: [Element]
    let start: Int
    let stride: Int

    /// - Parameter stride: need not be given where only the first row is read. 0 makes all rows the same one.
    public init(_ values: [Element], from start: Int = 0, stride: Int = 0) {
        precondition(stride >= 0 && (0...values.count).contains(start))
        self.values = values
        self.start = start
        self.stride = stride
    }

    /// Whether so many rows of so many elements are there.
    func holds(rows: Int, of count: Int) -> Bool {
        rows == 0 || start + (rows - 1) * stride + count <= values.count
    }

    /// Those from a row on.
    public func row(_ row: Int) -> Rows { Rows(values, from: start + row * stride, stride: stride) }

    func withPointer(_ body: (_ first: UnsafePointer<Element>, _ stride: Int) -> Void) {
        values.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            body(values + start, stride)
        }
    }
}
