import CKernels

/// Takes a gradient to a step of the parameters, and remembers what its rule needs from step to step.
public struct Optimizer: Sendable {
    public enum Rule: Sendable, Equatable {
        /// Kingma and Ba 2015, with bias correction, as in PyTorch.
        case adam(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
        /// Tieleman and Hinton 2012, as in PyTorch: ε outside of the root, not centred.
        case rmsprop(decay: Float = 0.99, epsilon: Float = 1e-8)
        case sgd(momentum: Float = 0)

        /// How many buffers of the parameters' size the rule keeps.
        var momentCount: Int {
            switch self {
            case .adam: 2
            case .rmsprop, .sgd: 1
            }
        }
    }

    public let rule: Rule
    /// How many steps it took.
    public private(set) var steps: Int
    private var first: [Float]
    private var second: [Float]

    /// The rule's running averages, each of the parameters' size: first and second moment, or the one it has.
    public var moments: [[Float]] { rule.momentCount == 2 ? [first, second] : [first] }

    public init(_ rule: Rule, parameterCount: Int) {
        let zeros = [Float](repeating: 0, count: parameterCount)
        self.init(rule, moments: [[Float]](repeating: zeros, count: rule.momentCount), steps: 0)
    }

    /// Goes on where another one stopped.
    public init(_ rule: Rule, moments: [[Float]], steps: Int) {
        precondition(moments.count == rule.momentCount && steps >= 0)
        precondition(moments.allSatisfy { $0.count == moments[0].count })
        self.rule = rule
        first = moments[0]
        second = moments.count == 2 ? moments[1] : []
        self.steps = steps
    }

    /// One step of the first parameters, those that `gradient` has, against it; it is scaled down first so that its norm is
    /// at most `maximumNorm`.
    /// - Returns: the norm it had.
    @discardableResult
    public mutating func step(
        _ parameters: inout [Float], gradient: [Float], rate: Float, maximumNorm: Float = .infinity
    ) -> Float {
        precondition(gradient.count <= parameters.count && first.count == parameters.count)
        steps += 1
        let count = gradient.count
        return gradient.withUnsafeBufferPointer { gradient in
            guard let gradient = gradient.baseAddress else { return 0 }
            let norm = Float(kernel_sum_of_squares(count, gradient).squareRoot())
            let scale = norm > maximumNorm ? maximumNorm / norm : 1
            parameters.withUnsafeMutableBufferPointer { parameters in
                guard let start = parameters.baseAddress else { return }
                apply(count, gradient, scale: scale, rate: rate, to: start)
            }
            return norm
        }
    }

    /// Goes with the latest step: moves some rows of a table among the parameters, each `width` long, against rows of
    /// `gradient`. The other rows rest, with what is remembered of them, so that the cost is that of the rows that move.
    /// - Precondition: no row is named twice.
    public mutating func stepRows(
        _ rows: [Int32], ofTableAt start: Int, width: Int, _ parameters: inout [Float], gradient: [Float], rate: Float
    ) {
        precondition(gradient.count >= rows.count * width && steps > 0)
        let total = parameters.count
        gradient.withUnsafeBufferPointer { gradient in
            parameters.withUnsafeMutableBufferPointer { parameters in
                guard let gradient = gradient.baseAddress, let base = parameters.baseAddress else { return }
                for (index, row) in rows.enumerated() {
                    let place = start + Int(row) * width
                    precondition(row >= 0 && place + width <= total)
                    apply(width, gradient + index * width, scale: 1, rate: rate, to: base + place, at: place)
                }
            }
        }
    }

    /// - Parameter place: where the moments of the first parameter are.
    private mutating func apply(
        _ count: Int, _ gradient: UnsafePointer<Float>, scale: Float, rate: Float,
        to parameters: UnsafeMutablePointer<Float>, at place: Int = 0
    ) {
        switch rule {
        case .adam(let beta1, let beta2, let epsilon):
            let correction1 = 1 - Self.power(Double(beta1), steps)
            let correction2 = 1 - Self.power(Double(beta2), steps)
            first.withUnsafeMutableBufferPointer { first in
                second.withUnsafeMutableBufferPointer { second in
                    kernel_adam(
                        count, gradient, scale, Float(Double(rate) / correction1), beta1, beta2,
                        Float(1 / correction2.squareRoot()), epsilon, first.baseAddress.map { $0 + place },
                        second.baseAddress.map { $0 + place }, parameters)
                }
            }
        case .rmsprop(let decay, let epsilon):
            first.withUnsafeMutableBufferPointer { square in
                kernel_rmsprop(
                    count, gradient, scale, rate, decay, epsilon, square.baseAddress.map { $0 + place }, parameters)
            }
        case .sgd(let momentum):
            first.withUnsafeMutableBufferPointer { velocity in
                kernel_sgd(
                    count, gradient, scale, rate, momentum, velocity.baseAddress.map { $0 + place }, parameters)
            }
        }
    }

    /// By squaring: libm's pow differs from one processor to the next.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            // No branch, which would be guessed wrong as often as not.
            result *= rest & 1 == 1 ? square : 1
            square *= square
            rest >>= 1
        }
        return result
    }
}
