/// The memory in which one caller at a time runs a ``Perceptron`` over up to `capacity` rows, all of it row-major.
public struct Workspace: Sendable {
    public let capacity: Int
    /// In: capacity × numbers of the shape.
    public var numbers: [Float]
    /// In: capacity × categories of the shape, each the index of the member that is on.
    public var categories: [Int32]
    /// Out: capacity × outputs of the shape.
    public internal(set) var outputs: [Float]
    /// In, before `backward`: capacity × outputs of the shape.
    public var outputGradient: [Float]

    let shape: Perceptron.Shape
    /// Of each hidden layer the values, the normalised sums and the inverse deviations; then two gradients; then the last
    /// layer's values and gradient, where they are not the outputs' own.
    private var hidden: [Float]
    private let places: [Place]
    private let gradients: (even: Int, odd: Int)
    private let last: (values: Int, gradient: Int)?

    fileprivate struct Place: Sendable {
        let values: Int
        let normal: Int
        let inverse: Int
    }

    public init(for perceptron: Perceptron, capacity: Int) {
        precondition(capacity > 0)
        let shape = perceptron.shape
        self.shape = shape
        self.capacity = capacity
        numbers = [Float](repeating: 0, count: capacity * shape.numbers)
        categories = [Int32](repeating: 0, count: capacity * shape.categories.count)
        outputs = [Float](repeating: 0, count: capacity * shape.outputs)
        outputGradient = outputs
        var end = 0
        func claim(_ count: Int) -> Int {
            defer { end += count }
            return end
        }
        places = shape.hidden.map { width in
            Place(
                values: claim(capacity * width), normal: claim(shape.layerNorm ? capacity * width : 0),
                inverse: claim(shape.layerNorm ? capacity : 0))
        }
        let widest = shape.hidden.max() ?? 0
        gradients = (even: claim(capacity * widest), odd: claim(capacity * widest))
        last = GaussianScores(shape.gaussians, outputs: shape.outputs).map { gaussians in
            (values: claim(capacity * gaussians.sums), gradient: claim(capacity * gaussians.sums))
        }
        hidden = [Float](repeating: 0, count: end)
    }

    /// Where each layer reads and writes, for the length of one pass.
    struct Pointers {
        let categories: UnsafePointer<Int32>
        fileprivate let numbers: UnsafePointer<Float>
        let outputs: UnsafeMutablePointer<Float>
        let outputGradient: UnsafeMutablePointer<Float>
        fileprivate let hidden: UnsafeMutablePointer<Float>
        fileprivate let places: [Place]
        fileprivate let gradients: (even: Int, odd: Int)
        fileprivate let last: (values: Int, gradient: Int)?

        func input(of layer: Int) -> UnsafePointer<Float> {
            layer == 0 ? numbers : UnsafePointer(hidden + places[layer - 1].values)
        }

        func trace(of layer: Int) -> Layer.Trace {
            guard layer < places.count else {
                return Layer.Trace(values: last.map { hidden + $0.values } ?? outputs, normal: hidden, inverse: hidden)
            }
            let place = places[layer]
            return Layer.Trace(
                values: hidden + place.values, normal: hidden + place.normal, inverse: hidden + place.inverse)
        }

        /// The gradient of the layer's output. Two neighbours have two places, more are never alive.
        func gradient(of layer: Int) -> UnsafeMutablePointer<Float> {
            guard layer < places.count else { return last.map { hidden + $0.gradient } ?? outputGradient }
            return hidden + (layer.isMultiple(of: 2) ? gradients.even : gradients.odd)
        }
    }

    mutating func withPointers(_ body: (Pointers) -> Void) {
        let (places, gradients, last) = (places, gradients, last)
        numbers.withUnsafeBufferPointer { numbers in
            categories.withUnsafeBufferPointer { categories in
                outputs.withUnsafeMutableBufferPointer { outputs in
                    outputGradient.withUnsafeMutableBufferPointer { outputGradient in
                        hidden.withUnsafeMutableBufferPointer { hidden in
                            guard let numbers = numbers.baseAddress, let categories = categories.baseAddress,
                                let outputs = outputs.baseAddress, let outputGradient = outputGradient.baseAddress,
                                let hidden = hidden.baseAddress
                            else { return }
                            body(
                                Pointers(
                                    categories: categories, numbers: numbers, outputs: outputs,
                                    outputGradient: outputGradient, hidden: hidden, places: places,
                                    gradients: gradients, last: last))
                        }
                    }
                }
            }
        }
    }
}
