/// A multilayer perceptron over numbers and categories. It holds no parameters: they are one flat buffer that the
/// caller owns, so that an optimizer's step, a target copy, a snapshot and a checkpoint are each one pass.
public struct Perceptron: Sendable {
    /// What makes two parameter buffers interchangeable.
    public struct Shape: Sendable, Equatable {
        /// How many numbers an input row has.
        public var numbers: Int
        /// How many members each category of an input row has.
        public var categories: [Int]
        public var hidden: [Int]
        public var outputs: Int
        public var activation: Activation
        /// Whether the sums of the hidden layers are normalised (LayerNorm) before they are activated.
        public var layerNorm: Bool
        /// Which outputs are the scores of a Gaussian over evenly spaced numbers, each range made of only two sums of the
        /// last layer: not empty, in order, apart from each other.
        public var gaussians: [Range<Int>]
        /// Which outputs are scores of members by their keys; nil for none.
        public var embedded: Embedded?

        /// Outputs that are products of a query, of `dimension` sums of the last layer, and of each member's key.
        public struct Embedded: Sendable, Equatable {
            public var outputs: Range<Int>
            public var dimension: Int

            public init(outputs: Range<Int>, dimension: Int) {
                precondition(!outputs.isEmpty && dimension > 0)
                self.outputs = outputs
                self.dimension = dimension
            }
        }

        public init(
            numbers: Int, categories: [Int] = [], hidden: [Int], outputs: Int, activation: Activation = .relu,
            layerNorm: Bool = false, gaussians: [Range<Int>] = [], embedded: Embedded? = nil
        ) {
            precondition(numbers >= 0 && categories.allSatisfy { $0 > 0 } && numbers + categories.count > 0)
            precondition(hidden.allSatisfy { $0 > 0 } && outputs > 0)
            precondition(gaussians.allSatisfy { !$0.isEmpty && (0...outputs).contains($0.upperBound) })
            precondition(zip([0] + gaussians.map(\.upperBound), gaussians).allSatisfy { $0 <= $1.lowerBound })
            self.numbers = numbers
            self.categories = categories
            self.hidden = hidden
            self.outputs = outputs
            self.activation = activation
            self.layerNorm = layerNorm
            self.gaussians = gaussians
            self.embedded = embedded
        }
    }

    /// A named matrix or vector within the flat buffer.
    public struct Tensor: Sendable, Equatable {
        public let name: String
        public let shape: [Int]
        public let range: Range<Int>

        public init(name: String, shape: [Int], range: Range<Int>) {
            self.name = name
            self.shape = shape
            self.range = range
        }
    }

    public let shape: Shape
    /// Where its parameters lie in the model's flat buffer.
    public let parameters: Range<Int>
    let layers: [Layer]
    private let stage: OutputStage?

    public var parameterCount: Int { parameters.count }

    /// - Parameter start: where its parameters begin in the model's flat buffer.
    public init(_ shape: Shape, from start: Int = 0) {
        self.shape = shape
        var layers: [Layer] = []
        stage = OutputStage(shape)
        let widths = shape.hidden + [stage?.sums ?? shape.outputs]
        for (index, width) in widths.enumerated() {
            let isLast = index == widths.count - 1
            layers.append(
                Layer(
                    numbers: index == 0 ? shape.numbers : widths[index - 1],
                    categories: index == 0 ? shape.categories : [], outputs: width,
                    activation: isLast ? nil : shape.activation, normalizes: shape.layerNorm && !isLast,
                    start: layers.last?.end ?? start))
        }
        self.layers = layers
        parameters = start..<(layers.last?.end ?? start)
    }

    /// The flat buffer's parts in order: `layers.0.weight` [inputs, outputs], `layers.0.bias`, and so on.
    public var tensors: [Tensor] {
        layers.enumerated().flatMap { index, layer in
            var tensors = [
                Tensor(
                    name: "layers.\(index).weight", shape: [layer.inputs, layer.outputs],
                    range: layer.start..<layer.bias),
                Tensor(name: "layers.\(index).bias", shape: [layer.outputs], range: layer.bias..<layer.gain),
            ]
            if layer.normalizes {
                tensors += [
                    Tensor(name: "layers.\(index).gain", shape: [layer.outputs], range: layer.gain..<layer.shift),
                    Tensor(name: "layers.\(index).shift", shape: [layer.outputs], range: layer.shift..<layer.end),
                ]
            }
            return tensors
        }
    }

    /// Weights and biases uniform within ±1/√(inputs that are on), as in PyTorch, the last layer a share of it: a tenth, so
    /// that the first outputs are small whatever the scale of the rewards; gains 1, shifts 0. Gaussians begin about 0, half
    /// as wide as their bounds.
    /// - Parameters:
    ///   - lastScale: the last layer's share.
    ///   - uniform: gives numbers in [0, 1).
    public func initialParameters(lastScale: Double = 0.1, uniform: () -> Double) -> [Float] {
        var initial = [Float](repeating: 0, count: parameterCount)
        let first = parameters.lowerBound
        for (index, layer) in layers.enumerated() {
            let isLast = index == layers.count - 1
            let bound = (isLast ? lastScale : 1) / Double(layer.numbers + layer.categories.count).squareRoot()
            for i in layer.start..<layer.gain {
                initial[i - first] = Float((2 * uniform() - 1) * bound)
            }
            guard layer.normalizes else { continue }
            for i in layer.gain..<layer.shift {
                initial[i - first] = 1
            }
        }
        for place in stage?.deviations ?? [] {
            initial[(layers.last?.bias ?? 0) + place - first] += OutputStage.initialSum
        }
        return initial
    }

    /// Multiplies all outputs but the first, whatever the inputs are, by `factor`.
    /// - Precondition: none of them is a Gaussian's.
    public func scaleScores(by factor: Float, in parameters: inout [Float]) {
        precondition(shape.gaussians.isEmpty)
        guard let last = layers.last else { return }
        for start in stride(from: last.start, to: last.gain, by: last.outputs) {
            for column in 1..<last.outputs { parameters[start + column] *= factor }
        }
    }

    /// Makes an output, whatever the inputs are, the mean of two others.
    /// - Precondition: outputs are sums of the last layer.
    public func average(_ output: Int, of pair: (Int, Int), in parameters: inout [Float]) {
        precondition(stage == nil && [output, pair.0, pair.1].allSatisfy((0..<shape.outputs).contains))
        guard let last = layers.last else { return }
        for start in stride(from: last.start, to: last.gain, by: last.outputs) {
            parameters[start + output] = (parameters[start + pair.0] + parameters[start + pair.1]) / 2
        }
    }

    /// Takes the first `rows` input rows of `workspace` to its outputs.
    public func forward(_ parameters: [Float], rows: Int, in workspace: inout Workspace) {
        check(parameters.count, rows: rows, workspace)
        parameters.withUnsafeBufferPointer { parameters in
            workspace.withPointers { pointers in
                guard let parameters = parameters.baseAddress else { return }
                // Of a span no layer is copied.
                let layers = layers.span
                for index in layers.indices {
                    layers[index].forward(
                        parameters, rows: rows, numbers: pointers.input(of: index), categories: pointers.categories,
                        to: pointers.trace(of: index))
                }
                stage?.forward(
                    rows: rows, pointers.trace(of: layers.count - 1).values, keys: pointers.keys, to: pointers.outputs)
            }
        }
    }

    /// Takes the output gradients of the first `rows` rows to the gradient of the parameters, whose own part it
    /// overwrites, and of the keys. Needs what `forward` with the same parameters left in `workspace`, and destroys the
    /// output gradients.
    public func backward(
        _ parameters: [Float], rows: Int, in workspace: inout Workspace, to gradient: inout [Float]
    ) {
        check(parameters.count, rows: rows, workspace)
        precondition(gradient.count >= self.parameters.upperBound)
        parameters.withUnsafeBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                workspace.withPointers { pointers in
                    guard let parameters = parameters.baseAddress, let gradient = gradient.baseAddress else { return }
                    stage?.backward(
                        rows: rows, pointers.trace(of: layers.count - 1).values, keys: pointers.keys,
                        pointers.outputGradient, to: pointers.gradient(of: layers.count - 1),
                        keyGradient: pointers.keyGradient)
                    let layers = layers.span
                    for index in layers.indices.reversed() {
                        layers[index].backward(
                            parameters, rows: rows, numbers: pointers.input(of: index),
                            categories: pointers.categories, trace: pointers.trace(of: index),
                            dy: pointers.gradient(of: index),
                            dx: index == 0 ? nil : pointers.gradient(of: index - 1), gradient: gradient)
                    }
                }
            }
        }
    }

    private func check(_ count: Int, rows: Int, _ workspace: borrowing Workspace) {
        precondition(
            count >= parameters.upperBound && workspace.shape == shape && (0...workspace.capacity).contains(rows))
        for (feature, members) in shape.categories.enumerated() {
            for row in 0..<rows {
                precondition(
                    (0..<Int32(members)).contains(workspace.categories[row * shape.categories.count + feature]))
            }
        }
    }
}
