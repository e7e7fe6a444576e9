import Gym
import Neural

/// How the members of a network's embedded component get their keys, by which they are scored: from what is known of each,
/// through a perceptron of its own (the other tower), or, where nothing is known, from a table that is learned row by row.
struct ActionEmbedding: Sendable {
    enum Source: Sendable {
        case features(Perceptron)
        /// Where the table begins among the parameters.
        case table(start: Int)
    }

    /// Which component of the action it is, and how many members it has.
    let component: Int
    private(set) var count: Int
    let dimension: Int
    /// How many members are in the running while it learns.
    private(set) var candidates: Int
    /// How many that may be.
    private let candidateLimit: Int
    let source: Source
    /// How features are seen: each lane about 0, of deviation 1 as the first catalogue had it. What is learned holds for
    /// later ones too.
    var transform: Normalizer.Transform
    private(set) var features: ActionFeatures?

    /// More numbers than this in a learned table take too much memory to learn: three of a size.
    private static let tableLimit = 1 << 26
    /// An action whose features change by more deviations than this, in the root of their mean square, is another one.
    private static let likeness: Float = 0.5
    /// Units of the tower's hidden layer.
    private static let hidden = [64]

    /// - Parameter start: where its parameters begin in the network's flat buffer.
    init(
        _ form: ActionForm, component: Int, _ hyperparameters: Hyperparameters, _ features: ActionFeatures?,
        from start: Int
    ) throws(LearningError) {
        self.component = component
        count = form.components[component].count
        dimension = hyperparameters.embeddingSize
        candidateLimit = hyperparameters.candidates
        candidates = min(candidateLimit, count)
        self.features = features
        transform = Normalizer.Transform(features)
        if let features {
            source = .features(
                Perceptron(
                    Perceptron.Shape(numbers: features.width, hidden: Self.hidden, outputs: dimension), from: start))
        } else {
            guard count * dimension <= Self.tableLimit else {
                throw .unsupportedSpace(
                    .action,
                    reason: "without action features at most \(Self.tableLimit / dimension) actions are supported")
            }
            source = .table(start: start)
        }
    }

    /// Where its parameters end.
    var end: Int {
        switch source {
        case .features(let tower): tower.parameters.upperBound
        case .table(let start): start + count * dimension
        }
    }

    /// Where the parameters end that every update moves: a table's rows rest unless they are in the running.
    var denseEnd: Int {
        switch source {
        case .features(let tower): tower.parameters.upperBound
        case .table(let start): start
        }
    }

    func initialParameters(uniform: () -> Double) -> [Float] {
        switch source {
        case .features(let tower): tower.initialParameters(lastScale: 1, uniform: uniform)
        case .table: (0..<count * dimension).map { _ in Float(2 * uniform() - 1) }
        }
    }

    func isWithdrawn(_ member: Int) -> Bool { features?.isWithdrawn(member) ?? false }
    var hasWithdrawn: Bool { features.map { !$0.withdrawn.isEmpty } ?? false }

    /// The same over other features.
    func with(_ features: ActionFeatures) -> ActionEmbedding {
        var other = self
        (other.features, other.count) = (features, features.count)
        other.candidates = min(candidateLimit, features.count)
        return other
    }

    /// Which members become others by later features, rather than the same of which other things are known.
    func others(in later: ActionFeatures) -> [Bool] {
        guard let features, later.width == features.width else { return [] }
        return (0..<min(features.count, later.count)).map { isOther($0, than: later.values, row: $0) }
    }

    /// Whether a member is another action than the one that a row of as many numbers is about.
    func isOther(_ member: Int, than rows: [Float], row: Int) -> Bool {
        guard let features else { return false }
        let width = features.width
        let change = (0..<width).reduce(Float(0)) { sum, lane in
            let way = (rows[row * width + lane] - features.values[member * width + lane]) * transform.scale[lane]
            return sum + way * way
        }
        return (change / Float(width)).squareRoot() > Self.likeness
    }

    /// Memory in which keys of so many members at once are made.
    func workspace(capacity: Int) -> Workspace? {
        if case .features(let tower) = source { Workspace(for: tower, capacity: capacity) } else { nil }
    }

    /// Writes the keys of some members, `dimension` numbers each, to the beginning of `keys`.
    /// - Parameter workspace: of this embedding, its capacity at least the number of members.
    func makeKeys(
        _ members: some Collection<Int32>, _ parameters: [Float], in workspace: inout Workspace?, to keys: inout [Float]
    ) {
        switch source {
        case .features(let tower):
            guard let features, var memory = workspace.take() else {
                preconditionFailure("a tower has features and memory")
            }
            for (row, member) in members.enumerated() {
                transform.apply(features.values, row: Int(member), to: &memory.numbers, row: row)
            }
            tower.forward(parameters, rows: members.count, in: &memory)
            for place in 0..<members.count * dimension { keys[place] = memory.outputs[place] }
            workspace = memory
        case .table(let start):
            for (row, member) in members.enumerated() {
                let place = start + Int(member) * dimension
                for lane in 0..<dimension { keys[row * dimension + lane] = parameters[place + lane] }
            }
        }
    }

    /// Takes the gradient of the keys that were made last to that of the tower's parameters; a table has none.
    func backward(
        _ keyGradient: [Float], rows: Int, _ parameters: [Float], in workspace: inout Workspace?,
        to gradient: inout [Float]
    ) {
        guard case .features(let tower) = source, var memory = workspace.take() else { return }
        for place in 0..<rows * dimension { memory.outputGradient[place] = keyGradient[place] }
        tower.backward(parameters, rows: rows, in: &memory, to: &gradient)
        workspace = memory
    }
}

extension Normalizer.Transform {
    /// Takes each lane of features to a mean of 0 and a deviation of 1; nothing where there are none.
    init(_ features: ActionFeatures?) {
        let (width, count) = (features?.width ?? 0, Double(features?.count ?? 0))
        let values = features?.values ?? []
        var (sums, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for (place, value) in values.enumerated() { sums[place % width] += Double(value) }
        for (place, value) in values.enumerated() {
            let difference = Double(value) - sums[place % width] / count
            squares[place % width] += difference * difference
        }
        self.init(
            shift: sums.map { Float($0 / count) },
            // A lane in which all are alike says nothing: it stays 0.
            scale: squares.map { $0 > 0 ? Float(1 / ($0 / count).squareRoot()) : 1 })
    }
}
