/// A bounded Box action space cut into bins: an action is a bin, and does what the bin's centre does (Gymnasium's
/// `DiscretizeAction`).
public final class DiscretizedActions: VectorWrapper {
    public static let maximumActions = 1_000_000

    public let inner: any VectorEnvironment
    /// Discrete, the last dimension's bins changing fastest; or MultiDiscrete, one entry for each dimension.
    public let actionSpace: Space
    private let bins: [Int]
    /// For each dimension, the centre of each bin.
    private let centers: [[Float]]

    /// - Parameters:
    ///   - bins: how many for each dimension of the Box.
    ///   - multiDiscrete: whether actions are arrays of bins rather than one number.
    /// - Throws: ``EnvironmentError/invalidArgument(name:reason:)`` where there is no bounded float32 Box to cut so.
    public init(_ inner: any VectorEnvironment, bins: [Int], multiDiscrete: Bool = false) throws(EnvironmentError) {
        guard case .box(let box) = inner.actionSpace, box.isBounded, box.dtype == .float32 else {
            throw .invalidArgument(name: "bins", reason: "only a bounded Box of float32 can be cut into bins")
        }
        guard bins.count == box.count, bins.allSatisfy({ (1...Self.maximumActions).contains($0) }) else {
            throw .invalidArgument(name: "bins", reason: "expected \(box.count) positive numbers of bins")
        }
        let total = bins.reduce(1) { min($0 * $1, Self.maximumActions + 1) }
        guard multiDiscrete || total <= Self.maximumActions else {
            throw .invalidArgument(
                name: "bins", reason: "they make more than \(Self.maximumActions) actions: use multidiscrete")
        }
        self.inner = inner
        self.bins = bins
        actionSpace = multiDiscrete ? .multiDiscrete(MultiDiscrete(bins)) : .discrete(Discrete(total))
        centers = bins.indices.map { Self.centers(Float(box.low[$0]), Float(box.high[$0]), bins[$0]) }
    }

    /// The middles between the edges of `numpy.linspace(low, high, count + 1)`, in float32 as there.
    private static func centers(_ low: Float, _ high: Float, _ count: Int) -> [Float] {
        let width = (high - low) / Float(count)
        let edges = (0..<count).map { Float($0) * width + low } + [high]
        return (0..<count).map { 0.5 * (edges[$0] + edges[$0 + 1]) }
    }

    /// The centres of an action's bins, [n, dimensions], where an action is one number; made when first asked for.
    public private(set) lazy var actionFeatures: ActionFeatures? = {
        guard case .discrete(let space) = actionSpace else { return nil }
        return ActionFeatures(width: bins.count, values: (0..<space.n).flatMap(centers(of:)))
    }()

    /// A table of the inner world's actions is none of these.
    public var transitionTable: TransitionTable? { nil }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        let width = actionSpace.layout?.count ?? 1
        precondition(actions.count == count * width, "a step takes one action an environment")
        var boxes: [Float] = []
        boxes.reserveCapacity(count * bins.count)
        for row in 0..<count {
            if width == 1 && bins.count > 1 {
                boxes += centers(of: Int(actions.integer(row)))
            } else {
                for dimension in bins.indices {
                    boxes.append(centers[dimension][Int(actions.integer(row * width + dimension))])
                }
            }
        }
        try inner.step(.float32(boxes))
    }

    private func centers(of action: Int) -> [Float] {
        var rest = action
        return bins.indices.reversed().map { dimension in
            defer { rest /= bins[dimension] }
            return centers[dimension][rest % bins[dimension]]
        }.reversed()
    }
}
