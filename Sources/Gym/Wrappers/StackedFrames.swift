/// Observations that show the latest few, oldest first (Gymnasium's `FrameStackObservation`).
public final class StackedFrames: VectorWrapper {
    /// What stands for the time before an episode began.
    public enum Padding: String, Sendable, CaseIterable {
        /// The episode's first observation.
        case reset
        /// The element of the space that is closest to zero.
        case zero
    }

    public static let maximumFrames = 64
    /// Numbers in an observation, and in those of all environments: stacks of stacks grow fast.
    private static let maximumLanes = (of: 1_000_000, ofAll: 1 << 24)

    public let inner: any VectorEnvironment
    public let observationSpace: Space
    public private(set) var observations: Lanes
    public private(set) var finalObservations: Lanes
    private let frames: Int
    private let zero: Lanes?
    /// Where each leaf of an observation lies in its row, and how many lanes it has.
    private let leaves: [(offset: Int, count: Int)]

    /// - Throws: ``EnvironmentError/invalidArgument(name:reason:)``
    public init(
        _ inner: any VectorEnvironment, frames: Int, padding: Padding = .reset
    ) throws(EnvironmentError) {
        guard (1...Self.maximumFrames).contains(frames), let layout = inner.observationSpace.layout else {
            throw .invalidArgument(name: "stack_size", reason: "expected 1 to \(Self.maximumFrames), not \(frames)")
        }
        let lanes = frames * layout.count
        guard lanes <= Self.maximumLanes.of, inner.options.count * lanes <= Self.maximumLanes.ofAll else {
            throw .invalidArgument(
                name: "stack_size",
                reason: "\(frames) make an observation of \(lanes) numbers, and there are \(inner.options.count) "
                    + "environments; expected \(Self.maximumLanes.of) in each, \(Self.maximumLanes.ofAll) in all, at most"
            )
        }
        self.inner = inner
        self.frames = frames
        observationSpace = inner.observationSpace.batched(frames)
        leaves = layout.leaves.map { ($0.offset, $0.count) }
        zero = padding == .zero ? inner.observationSpace.zero(layout) : nil
        observations = Lanes(layout.element, count: inner.options.count * lanes)
        finalObservations = observations
    }

    /// A table of single states is none of stacks.
    public var transitionTable: TransitionTable? { nil }

    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        try inner.reset(seeds: seeds, mask: mask, options: options)
        let current = inner.observations
        for row in 0..<count where mask?[row] ?? true { begin(row, with: current) }
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        try inner.step(actions)
        let current = inner.observations
        var begins = inner.didReset
        if options.autoreset == .sameStep && !inner.episodes.isEmpty {
            let last = inner.finalObservations
            for episode in inner.episodes {
                push(episode.index, of: last)
                begins[episode.index] = true
            }
            finalObservations = observations
        }
        for row in 0..<count {
            if begins[row] { begin(row, with: current) } else { push(row, of: current) }
        }
    }

    /// Fills an environment's stack at an episode's beginning.
    private func begin(_ row: Int, with current: Lanes) {
        for _ in 0..<frames - 1 {
            if let zero { push(row, of: zero, from: 0) } else { push(row, of: current) }
        }
        push(row, of: current)
    }

    /// Appends row `source` (by default, the same) of a batch of single observations to an environment's stack.
    private func push(_ row: Int, of batch: Lanes, from source: Int? = nil) {
        switch batch {
        case .float32(let lanes): push(row, of: lanes, from: source ?? row)
        case .float64(let lanes): push(row, of: lanes, from: source ?? row)
        case .int64(let lanes): push(row, of: lanes, from: source ?? row)
        case .uint8(let lanes): push(row, of: lanes, from: source ?? row)
        }
    }

    private func push<Lane: Scalar>(_ row: Int, of batch: [Lane], from source: Int) {
        let width = leaves.reduce(0) { $0 + $1.count }
        Lane.withLanes(of: &observations) { stack in
            for (offset, count) in leaves {
                let start = (row * width + offset) * frames
                let kept = (frames - 1) * count
                for lane in start..<start + kept { stack[lane] = stack[lane + count] }
                for lane in 0..<count { stack[start + kept + lane] = batch[source * width + offset + lane] }
            }
        }
    }

    public func save(to writer: inout StateWriter) {
        inner.save(to: &writer)
        writer.write(observations)
    }

    public func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try inner.restore(from: &reader)
        observations = try reader.readLanes(observations.element, count: observations.count)
    }
}
