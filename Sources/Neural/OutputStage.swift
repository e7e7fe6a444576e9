import CKernels

/// The last stage of a ``Perceptron`` whose outputs are not all sums of its last layer. Outputs come in runs:
///
/// - plain ones are the sums themselves;
/// - a Gaussian's score evenly spaced numbers by how near they are to a mean. Two sums give the mean μ and the logarithm
///   of the deviation σ, and the score of the k-th number x, from −1 to 1, is −(x − μ)² / 2σ². Read as logits that is a
///   Gaussian cut off at the bounds and into bins; read as values, the quadratic advantage of NAF (Gu 2016);
/// - embedded ones are products of a query, `dimension` sums, with the keys of as many members, which the caller gives.
struct OutputStage: Sendable {
    /// log σ is bent softly into [−5, 1], as 3 tanh(sum / 3) − 2. This sum makes σ = 0.5.
    static let initialSum: Float = 1.4004276

    private enum Kind: Sendable { case plain, gaussian, embedded }

    /// Outputs of one kind, with the sums that they are made of.
    private struct Run: Sendable {
        let kind: Kind
        let sums: Range<Int>
        let outputs: Range<Int>
    }

    private let runs: [Run]
    private let outputs: Int
    /// How many sums stand for the outputs.
    let sums: Int

    /// Nil where all outputs are plain.
    init?(_ shape: Perceptron.Shape) {
        guard !shape.gaussians.isEmpty || shape.embedded != nil else { return nil }
        var special: [(kind: Kind, sums: Int, outputs: Range<Int>)] = shape.gaussians.map { (.gaussian, 2, $0) }
        if let embedded = shape.embedded { special.append((.embedded, embedded.dimension, embedded.outputs)) }
        special.sort { $0.outputs.lowerBound < $1.outputs.lowerBound }
        var runs: [Run] = []
        var (sum, output) = (0, 0)
        func append(_ kind: Kind, _ sums: Int, _ count: Int) {
            guard count > 0 else { return }
            runs.append(Run(kind: kind, sums: sum..<sum + sums, outputs: output..<output + count))
            (sum, output) = (sum + sums, output + count)
        }
        for run in special {
            let plain = run.outputs.lowerBound - output
            append(.plain, plain, plain)
            append(run.kind, run.sums, run.outputs.count)
        }
        append(.plain, shape.outputs - output, shape.outputs - output)
        self.runs = runs
        outputs = shape.outputs
        sums = sum
    }

    /// The places of the Gaussians' deviations among the sums.
    var deviations: [Int] { runs.filter { $0.kind == .gaussian }.map { $0.sums.lowerBound + 1 } }

    /// - Parameter keys: [embedded outputs, dimension].
    func forward(
        rows: Int, _ sums: UnsafePointer<Float>, keys: UnsafePointer<Float>, to outputs: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (self.sums, self.outputs)
        for run in runs {
            let (from, to) = (sums + run.sums.lowerBound, outputs + run.outputs.lowerBound)
            switch run.kind {
            case .plain: Self.copy(rows, run.sums.count, from, width, to: to, stride)
            case .gaussian: kernel_gaussian(rows, width, from, stride, run.outputs.count, to)
            case .embedded:
                Product.of(
                    from, keys, rows: rows, inner: run.sums.count, columns: run.outputs.count, to: to,
                    transposedB: true, strides: (width, nil, stride))
            }
        }
    }

    /// Takes the gradient of the outputs to that of the sums and of the keys.
    func backward(
        rows: Int, _ sums: UnsafePointer<Float>, keys: UnsafePointer<Float>,
        _ outputGradient: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>,
        keyGradient: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (self.sums, outputs)
        for run in runs {
            let (from, to) = (outputGradient + run.outputs.lowerBound, gradient + run.sums.lowerBound)
            switch run.kind {
            case .plain: Self.copy(rows, run.sums.count, from, stride, to: to, width)
            case .gaussian:
                kernel_gaussian_backward(
                    rows, width, sums + run.sums.lowerBound, stride, run.outputs.count, from, to)
            case .embedded:
                let (members, dimension) = (run.outputs.count, run.sums.count)
                Product.of(
                    from, keys, rows: rows, inner: members, columns: dimension, to: to, strides: (stride, nil, width))
                Product.of(
                    from, sums + run.sums.lowerBound, rows: members, inner: rows, columns: dimension, to: keyGradient,
                    transposedA: true, strides: (stride, width, nil))
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
}
