/// Rewards over the running standard deviation of the discounted return, so that returns come to about one size
/// (Gymnasium's `wrappers.vector.NormalizeReward`).
public final class NormalizedRewards: VectorWrapper {
    public let inner: any VectorEnvironment
    /// Whether what is earned still moves the deviation; off while a policy is judged.
    public var isUpdating = true
    public private(set) var rewards: [Double]
    private let discount: Float
    private let epsilon: Double
    private var moments = RunningMoments<Double>()
    /// The discounted return of each environment's episode.
    private var returns: [Float]

    /// - Parameters:
    ///   - discount: of the returns, from 0 to 1.
    ///   - epsilon: added to the variance.
    /// - Throws: ``EnvironmentError/invalidArgument(name:reason:)``
    public init(
        _ inner: any VectorEnvironment, discount: Double = 0.99, epsilon: Double = 1e-8
    ) throws(EnvironmentError) {
        guard (0...1).contains(discount) else {
            throw .invalidArgument(name: "gamma", reason: "expected a number from 0 to 1, not \(discount)")
        }
        guard epsilon > 0, epsilon.isFinite else {
            throw .invalidArgument(name: "epsilon", reason: "expected a positive number, not \(epsilon)")
        }
        self.inner = inner
        self.discount = Float(discount)
        self.epsilon = epsilon
        rewards = inner.rewards
        returns = rewards.map { _ in 0 }
    }

    /// Its rewards would be others.
    public var transitionTable: TransitionTable? { nil }

    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        try inner.reset(seeds: seeds, mask: mask, options: options)
        for row in 0..<count where mask?[row] ?? true {
            returns[row] = 0
            rewards[row] = 0
        }
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        try inner.step(actions)
        let (raw, terminated, resets) = (inner.rewards, inner.terminated, inner.didReset)
        // Under `next_step`, Gymnasium carries a return over from an episode to the next.
        let active = raw.indices.filter { !resets[$0] }
        for row in active {
            let carried = terminated[row] ? 0 : returns[row] * discount
            returns[row] = Float(Double(carried) + raw[row])
        }
        if isUpdating && !active.isEmpty { moments.update(active.map { returns[$0] }) }
        for episode in inner.episodes where options.autoreset == .sameStep { returns[episode.index] = 0 }
        let scale = (moments.variance + epsilon).squareRoot()
        rewards = raw.map { $0 / scale }
    }

    public func save(to writer: inout StateWriter) {
        inner.save(to: &writer)
        writer.write(isUpdating)
        moments.save(to: &writer)
        returns.forEach { writer.write($0) }
        rewards.forEach { writer.write($0) }
    }

    public func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try inner.restore(from: &reader)
        isUpdating = try reader.readBool()
        try moments.restore(from: &reader)
        for row in returns.indices { returns[row] = try reader.readFloat() }
        for row in rewards.indices { rewards[row] = try reader.readDouble() }
    }
}
