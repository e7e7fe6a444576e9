import CKernels

/// The largest and the least of many numbers.
public enum Extremes {
    /// −∞ where there are none.
    public static func largest(_ numbers: [Float]) -> Float {
        numbers.withUnsafeBufferPointer { kernel_largest($0.count, $0.baseAddress) }
    }

    /// Divides some numbers by the least of them.
    public static func divideByLeast(_ numbers: inout [Float], in range: Range<Int>) {
        precondition(range.upperBound <= numbers.count)
        numbers.withUnsafeMutableBufferPointer { numbers in
            kernel_divide_by_least(range.count, numbers.baseAddress.map { $0 + range.lowerBound })
        }
    }
}
