import Gym

/// Running mean and deviation of each number of an observation, by which the network sees it.
public struct Normalizer: Sendable, Equatable {
    /// Beyond this many deviations a number is cut off.
    private static let limit: Float = 10

    /// How many rows were seen.
    public private(set) var count: Double
    public private(set) var mean: [Double]
    /// Sums of squared distances from the mean.
    public private(set) var squares: [Double]

    public init(width: Int) {
        self.init(count: 0, mean: Array(repeating: 0, count: width), squares: Array(repeating: 0, count: width))
    }

    init(count: Double, mean: [Double], squares: [Double]) {
        self.count = count
        self.mean = mean
        self.squares = squares
    }

    /// Takes row `row` of `numbers` in (Welford's method).
    mutating func observe(_ numbers: [Float], row: Int) {
        let width = mean.count
        count += 1
        for lane in 0..<width {
            let number = Double(numbers[row * width + lane])
            guard number.isFinite else { continue }
            let distance = number - mean[lane]
            mean[lane] += distance / count
            squares[lane] += distance * (number - mean[lane])
        }
    }

    /// Whether nothing was seen yet that numbers could be compared with.
    var isEmpty: Bool { count <= 1 }

    /// A number as it might come: normal, with the mean and the deviation of those of its lane.
    func draw(_ lane: Int, _ random: inout RandomGenerator) -> Double {
        mean[lane] + (squares[lane] / count).squareRoot() * random.standardNormal()
    }

    /// What the network applies: nothing before anything was seen.
    func transform(_ hyperparameters: Hyperparameters) -> Transform {
        guard !isEmpty && hyperparameters.observationNormalization else { return .identity(width: mean.count) }
        return Transform(
            shift: mean.map(Float.init), scale: squares.map { Float(1 / ($0 / count + 1e-8).squareRoot()) },
            limit: Self.limit)
    }

    struct Transform: Sendable, Equatable {
        let shift: [Float]
        let scale: [Float]
        /// Beyond this a number is cut off.
        var limit = Float.greatestFiniteMagnitude

        static func identity(width: Int) -> Transform {
            Transform(shift: Array(repeating: 0, count: width), scale: Array(repeating: 1, count: width))
        }

        /// Writes row `source` of `numbers`, normalised, to row `target` of `inputs`.
        func apply(_ numbers: [Float], row source: Int, to inputs: inout [Float], row target: Int) {
            apply(numbers, row: source, to: &inputs, at: target * shift.count)
        }

        /// The same, where a row begins at `start`.
        func apply(_ numbers: [Float], row source: Int, to inputs: inout [Float], at start: Int) {
            let width = shift.count
            for lane in 0..<width {
                let number = (numbers[source * width + lane] - shift[lane]) * scale[lane]
                inputs[start + lane] = min(max(number, -limit), limit)
            }
        }
    }
}
