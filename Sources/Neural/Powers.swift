import CKernels

/// Powers of many numbers at once.
public enum Powers {
    /// Raises some numbers, which are positive, to a power: to 2⁻²⁰ of it, where its logarithm is below 20.
    public static func raise(_ numbers: inout [Float], in range: Range<Int>, to exponent: Float) {
        precondition(range.upperBound <= numbers.count)
        numbers.withUnsafeMutableBufferPointer { numbers in
            kernel_powers(range.count, exponent, numbers.baseAddress.map { $0 + range.lowerBound })
        }
    }
}
