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
    /// In: embedded outputs × dimension, the keys of the members that are scored; empty where nothing is embedded.
    public var keys: [Float]
    /// Out, of `backward`.
    public internal(set) var keyGradient: [Float]

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
        keys = [Float](repeating: 0, count: shape.embedded.map { $0.outputs.count * $0.dimension } ?? 0)
        keyGradient = keys
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
        last = OutputStage(shape).map { stage in
            (values: claim(capacity * stage.sums), gradient: claim(capacity * stage.sums))
        }
        hidden = [Float](repeating: 0, count: end)
    }

    /// Where each layer reads and writes, for the length of one pass.
    struct Pointers {
        let categories: UnsafePointer<Int32>
        fileprivate let numbers: UnsafePointer<Float>
        let outputs: UnsafeMutablePointer<Float>
        let outputGradient: UnsafeMutablePointer<Float>
        let keys: UnsafePointer<Float>
        let keyGradient: UnsafeMutablePointer<Float>
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
        let (numbers, categories, keys) = (numbers, categories, keys)
        Self.lend(numbers, categories, keys) { numbers, categories, keys in
            outputs.withUnsafeMutableBufferPointer { outputs in
                outputGradient.withUnsafeMutableBufferPointer { outputGradient in
                    keyGradient.withUnsafeMutableBufferPointer { keyGradient in
                        hidden.withUnsafeMutableBufferPointer { hidden in
                            guard let outputs = outputs.baseAddress, let outputGradient = outputGradient.baseAddress,
                                let keyGradient = keyGradient.baseAddress, let hidden = hidden.baseAddress
                            else { return }
                            body(
                                Pointers(
                                    categories: categories, numbers: numbers, outputs: outputs,
                                    outputGradient: outputGradient, keys: keys, keyGradient: keyGradient,
                                    hidden: hidden, places: places, gradients: gradients, last: last))
                        }
                    }
                }
            }
        }
    }

    private static func lend(
        _ numbers: [Float], _ categories: [Int32], _ keys: [Float],
        _ body: (UnsafePointer<Float>, UnsafePointer<Int32>, UnsafePointer<Float>) -> Void
    ) {
        numbers.withUnsafeBufferPointer { numbers in
            categories.withUnsafeBufferPointer { categories in
                keys.withUnsafeBufferPointer { keys in
                    guard let numbers = numbers.baseAddress, let categories = categories.baseAddress,
                        let keys = keys.baseAddress
                    else { return }
                    body(numbers, categories, keys)
                }
            }
        }
    }
}
