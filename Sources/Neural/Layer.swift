import CKernels

/// One fully connected layer. An input row is some numbers and, for each category, the index of its one member that is
/// on: the numbers are multiplied, of a category just the row of the member is added.
///
/// Its parameters lie in the model's flat buffer: weights [numbers + categories, outputs], row-major, so that the
/// forward product needs no transposition, then the bias, then gain and shift where the sums are normalised.
struct Layer: Sendable {
    let numbers: Int
    let categories: [Int]
    let outputs: Int
    let activation: Activation?
    let normalizes: Bool
    let start: Int

    var inputs: Int { numbers + categories.reduce(0, +) }
    var bias: Int { start + inputs * outputs }
    var gain: Int { bias + outputs }
    var shift: Int { gain + outputs }
    var end: Int { gain + (normalizes ? 2 * outputs : 0) }

    /// What forward leaves for backward, row-major, `outputs` wide.
    struct Trace {
        var values: UnsafeMutablePointer<Float>
        /// The normalised sums, and for each row one over their deviation.
        var normal: UnsafeMutablePointer<Float>
        var inverse: UnsafeMutablePointer<Float>
    }

    func forward(
        _ parameters: UnsafePointer<Float>, rows: Int, numbers x: UnsafePointer<Float>,
        categories indices: UnsafePointer<Int32>, to trace: Trace
    ) {
        let y = trace.values
        if numbers > 0 {
            Product.of(x, parameters + start, rows: rows, inner: numbers, columns: outputs, to: y)
        } else {
            y.update(repeating: 0, count: rows * outputs)
        }
        forEachTable { feature, table in
            kernel_gather(rows, outputs, indices + feature, categories.count, parameters + table, y)
        }
        guard normalizes else { return finish(parameters + bias, rows: rows, y) }
        kernel_bias(rows, outputs, parameters + bias, y)
        kernel_layer_norm(rows, outputs, parameters + gain, parameters + shift, y, trace.normal, trace.inverse)
        switch activation {
        case .relu: kernel_relu(rows * outputs, y)
        case .tanh: kernel_tanh(rows * outputs, y)
        case nil: break
        }
    }

    /// Overwrites this layer's part of `gradient`; takes `dy` apart, and writes the gradient of the numbers where asked.
    func backward(
        _ parameters: UnsafePointer<Float>, rows: Int, numbers x: UnsafePointer<Float>,
        categories indices: UnsafePointer<Int32>, trace: Trace, dy: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>?, gradient: UnsafeMutablePointer<Float>
    ) {
        if activation == .relu && !normalizes {
            kernel_relu_backward_sums(rows, outputs, trace.values, dy, gradient + bias)
        } else {
            switch activation {
            case .relu: kernel_relu_backward(rows * outputs, trace.values, dy)
            case .tanh: kernel_tanh_backward(rows * outputs, trace.values, dy)
            case nil: break
            }
            if normalizes {
                kernel_layer_norm_backward(
                    rows, outputs, parameters + gain, trace.normal, trace.inverse, dy, gradient + gain,
                    gradient + shift)
            }
            kernel_column_sums(rows, outputs, dy, gradient + bias)
        }
        if numbers > 0 {
            Product.of(
                x, dy, rows: numbers, inner: rows, columns: outputs, to: gradient + start, transposedA: true)
        }
        let tables = start + numbers * outputs
        (gradient + tables).update(repeating: 0, count: bias - tables)
        forEachTable { feature, table in
            kernel_scatter(rows, outputs, indices + feature, categories.count, dy, gradient + table)
        }
        if let dx {
            Product.of(
                dy, parameters + start, rows: rows, inner: outputs, columns: numbers, to: dx, transposedB: true)
        }
    }

    private func finish(_ bias: UnsafePointer<Float>, rows: Int, _ y: UnsafeMutablePointer<Float>) {
        switch activation {
        case .relu: kernel_bias_relu(rows, outputs, bias, y)
        case .tanh: kernel_bias_tanh(rows, outputs, bias, y)
        case nil: kernel_bias(rows, outputs, bias, y)
        }
    }

    private func forEachTable(_ body: (_ feature: Int, _ offset: Int) -> Void) {
        var table = start + numbers * outputs
        for (feature, members) in categories.enumerated() {
            body(feature, table)
            table += members * outputs
        }
    }
}
