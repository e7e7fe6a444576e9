import CKernels

/// Keeps how steeply a ReLU network of one output f rises near one for one (WGAN-GP, Gulrajani 2017):
///
///     weight · mean over rows of (‖∇ₓ f‖ − 1)²
///
/// Such a network bends only at its kinks, so that the gradient by the parameters is exact without a second derivative:
/// with u the penalty's gradient by ∇ₓ f, that of uᵀ ∇ₓ f pairs, at each layer, the tangent u, taken forward through the
/// same units, with the gradient of f by the layer's sums.
struct GradientPenalty: Sendable {
    let weight: Float
    /// ∇ₓ f, then the gradient of f by the sums of each layer, all [rows, width]. The tangents take their places.
    private var memory: [Float] = []

    init(weight: Float) {
        self.weight = weight
    }

    /// Adds its gradient to that of the parameters, with which `perceptron` took the rows forward in `workspace`.
    /// - Returns: the penalty, and the mean over rows of ‖∇ₓ f‖.
    mutating func callAsFunction(
        _ perceptron: Perceptron, _ parameters: [Float], rows: Int, in workspace: inout Workspace,
        addingTo gradient: inout [Float]
    ) -> (penalty: Double, norm: Double) {
        let shape = perceptron.shape
        precondition(shape.activation == .relu && !shape.layerNorm && shape.categories.isEmpty)
        precondition(shape.outputs == 1 && shape.gaussians.isEmpty && workspace.shape == shape)
        precondition(parameters.count == perceptron.parameterCount && gradient.count == parameters.count)
        precondition((1...workspace.capacity).contains(rows))
        let count = rows * (shape.numbers + shape.hidden.reduce(0, +) + 1)
        if memory.count < count { memory = [Float](repeating: 0, count: count) }
        let weight = weight
        var result = (penalty: 0.0, norm: 0.0)
        parameters.withUnsafeBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                memory.withUnsafeMutableBufferPointer { memory in
                    workspace.withPointers { pointers in
                        guard let parameters = parameters.baseAddress, let gradient = gradient.baseAddress,
                            let memory = memory.baseAddress
                        else { return }
                        let places = Self.places(perceptron.layers, rows: rows, in: memory)
                        Self.backward(perceptron.layers, parameters, rows: rows, pointers, places)
                        result = Self.penalize(places[0], rows: rows, width: shape.numbers, weight: weight)
                        Self.forward(perceptron.layers, parameters, rows: rows, pointers, places, gradient)
                    }
                }
            }
        }
        return result
    }

    /// Where the gradients by what goes into each layer are, and after them that by f.
    private static func places(
        _ layers: [Layer], rows: Int, in memory: UnsafeMutablePointer<Float>
    ) -> [UnsafeMutablePointer<Float>] {
        var (places, end) = ([memory], memory)
        for layer in layers {
            end += rows * layer.numbers
            places.append(end)
        }
        return places
    }

    private static func backward(
        _ layers: [Layer], _ parameters: UnsafePointer<Float>, rows: Int, _ pointers: Workspace.Pointers,
        _ places: [UnsafeMutablePointer<Float>]
    ) {
        places[layers.count].update(repeating: 1, count: rows)
        for (index, layer) in layers.enumerated().reversed() {
            Product.of(
                places[index + 1], parameters + layer.start, rows: rows, inner: layer.outputs, columns: layer.numbers,
                to: places[index], transposedB: true)
            guard index > 0 else { break }
            kernel_relu_backward(rows * layer.numbers, pointers.input(of: index), places[index])
        }
    }

    /// Takes each row of ∇ₓ f to the penalty's gradient by it; a row without a slope has no way to a steeper one.
    private static func penalize(
        _ slopes: UnsafeMutablePointer<Float>, rows: Int, width: Int, weight: Float
    ) -> (penalty: Double, norm: Double) {
        var (penalty, mean) = (0.0, 0.0)
        for row in 0..<rows {
            let slope = slopes + row * width
            let norm = kernel_sum_of_squares(width, slope).squareRoot()
            mean += norm / Double(rows)
            penalty += Double(weight) * (norm - 1) * (norm - 1) / Double(rows)
            let scale = norm > 0 ? 2 * weight * Float((norm - 1) / norm) / Float(rows) : 0
            for lane in 0..<width {
                slope[lane] *= scale
            }
        }
        return (penalty, mean)
    }

    private static func forward(
        _ layers: [Layer], _ parameters: UnsafePointer<Float>, rows: Int, _ pointers: Workspace.Pointers,
        _ places: [UnsafeMutablePointer<Float>], _ gradient: UnsafeMutablePointer<Float>
    ) {
        for (index, layer) in layers.enumerated() {
            let (tangent, next) = (places[index], places[index + 1])
            Product.of(
                tangent, next, rows: layer.numbers, inner: rows, columns: layer.outputs, to: gradient + layer.start,
                transposedA: true, adds: true)
            guard layer.activation != nil else { break }
            Product.of(
                tangent, parameters + layer.start, rows: rows, inner: layer.numbers, columns: layer.outputs, to: next)
            kernel_relu_backward(rows * layer.outputs, pointers.trace(of: index).values, next)
        }
    }
}
