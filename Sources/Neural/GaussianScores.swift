import CKernels

/// The last stage of a ``Perceptron`` some of whose outputs score evenly spaced numbers by how near they are to a mean.
/// For a range of `count` such outputs the last layer gives two sums, the mean μ and the logarithm of the deviation σ,
/// and the score of the k-th number x, from −1 to 1, is −(x − μ)² / 2σ². Read as logits that is a Gaussian cut off at the
/// bounds and into bins; read as values, the quadratic advantage of NAF (Gu 2016).
struct GaussianScores: Sendable {
    /// log σ is bent softly into [−5, 1], as 3 tanh(sum / 3) − 2. This sum makes σ = 0.5.
    static let initialSum: Float = 1.4004276

    private let ranges: [Range<Int>]
    private let outputs: Int

    /// Nil where no output is of a Gaussian.
    init?(_ ranges: [Range<Int>], outputs: Int) {
        guard !ranges.isEmpty else { return nil }
        self.ranges = ranges
        self.outputs = outputs
    }

    /// How many sums stand for the outputs: two for each range, one for each output outside of them.
    var sums: Int { outputs - ranges.reduce(0) { $0 + $1.count - 2 } }

    /// The places of the deviations among the sums.
    var deviations: [Int] {
        var places: [Int] = []
        forEachRun { sum, _, _, isGaussian in
            if isGaussian { places.append(sum + 1) }
        }
        return places
    }

    func forward(rows: Int, _ sums: UnsafePointer<Float>, to outputs: UnsafeMutablePointer<Float>) {
        let (width, stride) = (self.sums, self.outputs)
        forEachRun { sum, output, count, isGaussian in
            if isGaussian {
                kernel_gaussian(rows, width, sums + sum, stride, count, outputs + output)
            } else {
                Self.copy(rows, count, sums + sum, width, to: outputs + output, stride)
            }
        }
    }

    /// Takes the gradient of the outputs to that of the sums.
    func backward(
        rows: Int, _ sums: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
        to gradient: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (self.sums, outputs)
        forEachRun { sum, output, count, isGaussian in
            if isGaussian {
                kernel_gaussian_backward(
                    rows, width, sums + sum, stride, count, outputGradient + output, gradient + sum)
            } else {
                Self.copy(rows, count, outputGradient + output, stride, to: gradient + sum, width)
            }
        }
    }

    private static func copy(
        _ rows: Int, _ count: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int,
        to target: UnsafeMutablePointer<Float>, _ targetStride: Int
    ) {
        for row in 0..<rows {
            (target + row * targetStride).update(from: source + row * sourceStride, count: count)
        }
    }

    /// The runs of outputs of one kind, in order, with the place of the first sum and of the first output of each.
    private func forEachRun(_ body: (_ sum: Int, _ output: Int, _ count: Int, _ isGaussian: Bool) -> Void) {
        var (sum, output) = (0, 0)
        for range in ranges {
            let plain = range.lowerBound - output
            if plain > 0 { body(sum, output, plain, false) }
            body(sum + plain, range.lowerBound, range.count, true)
            (sum, output) = (sum + plain + 2, range.upperBound)
        }
        if output < outputs { body(sum, output, outputs - output, false) }
    }
}
