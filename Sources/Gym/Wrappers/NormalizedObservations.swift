/// Observations less their running mean, over their running standard deviation, both over all environments of the
/// vector (Gymnasium's `NormalizeObservation`).
public final class NormalizedObservations: VectorWrapper {
    public let inner: any VectorEnvironment
    public let observationSpace: Space
    /// Whether what is seen still moves the mean and deviation; off while a policy is judged.
    public var isUpdating = true
    public private(set) var observations: Lanes
    private let epsilon: Float
    /// One for each lane of an observation.
    private var moments: [RunningMoments<Float>]

    /// - Parameter epsilon: added to the variance.
    /// - Throws: ``EnvironmentError/invalidArgument(name:reason:)`` where observations are no Box of float32.
    public init(_ inner: any VectorEnvironment, epsilon: Double = 1e-8) throws(EnvironmentError) {
        guard case .box(let box) = inner.observationSpace, box.dtype == .float32 else {
            throw .invalidArgument(name: "observation_space", reason: "only a Box of float32 can be normalized")
        }
        guard epsilon > 0, epsilon.isFinite else {
            throw .invalidArgument(name: "epsilon", reason: "expected a positive number, not \(epsilon)")
        }
        self.inner = inner
        self.epsilon = Float(epsilon)
        observationSpace = .box(Box(low: -.infinity, high: .infinity, shape: box.shape))
        observations = inner.observations
        moments = Array(repeating: RunningMoments(), count: box.count)
    }

    /// A table of states is none of what is observed.
    public var transitionTable: TransitionTable? { nil }

    /// The last observations, by the mean and deviation of now.
    public var finalObservations: Lanes { normalized(inner.finalObservations) }

    /// - Throws: also where only some environments are to be reset, which Gymnasium refuses too.
    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        guard mask?.allSatisfy(\.self) ?? true else {
            throw .invalidArgument(name: "reset_mask", reason: "normalized observations are reset all together")
        }
        try inner.reset(seeds: seeds, mask: mask, options: options)
        observe()
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        try inner.step(actions)
        observe()
    }

    private func observe() {
        let current = Float.array(of: inner.observations)
        if isUpdating {
            for lane in moments.indices {
                moments[lane].update(stride(from: lane, to: current.count, by: moments.count).map { current[$0] })
            }
        }
        observations = normalized(.float32(current))
    }

    private func normalized(_ lanes: Lanes) -> Lanes {
        var values = Float.array(of: lanes)
        for index in values.indices {
            let moments = moments[index % moments.count]
            values[index] = (values[index] - moments.mean) / (moments.variance + epsilon).squareRoot()
        }
        return .float32(values)
    }

    public func save(to writer: inout StateWriter) {
        inner.save(to: &writer)
        writer.write(isUpdating)
        moments.forEach { $0.save(to: &writer) }
        writer.write(observations)
    }

    public func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try inner.restore(from: &reader)
        isUpdating = try reader.readBool()
        for lane in moments.indices { try moments[lane].restore(from: &reader) }
        observations = try reader.readLanes(.float32, count: observations.count)
    }
}
