/// A vector environment that changes another one: whatever it does not say itself, the inner one says.
public protocol VectorWrapper: VectorEnvironment {
    var inner: any VectorEnvironment { get }
}

extension VectorWrapper {
    public var options: VectorOptions { inner.options }
    public var observationSpace: Space { inner.observationSpace }
    public var actionSpace: Space { inner.actionSpace }
    public var transitionTable: TransitionTable? { inner.transitionTable }
    public var hasActionMask: Bool { inner.hasActionMask }
    public var actionFeatures: ActionFeatures? { inner.actionFeatures }
    public var renderModes: [RenderMode] { inner.renderModes }
    public var isSavable: Bool { inner.isSavable }
    public var observations: Lanes { inner.observations }
    public var rewards: [Double] { inner.rewards }
    public var terminated: [Bool] { inner.terminated }
    public var truncated: [Bool] { inner.truncated }
    public var finalObservations: Lanes { inner.finalObservations }
    public var episodes: [Episode] { inner.episodes }
    public var didReset: [Bool] { inner.didReset }
    public var needsReset: [Bool] { inner.needsReset }

    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        try inner.reset(seeds: seeds, mask: mask, options: options)
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) { try inner.step(actions) }
    public func info(_ index: Int) -> Value { inner.info(index) }

    public func writeActionMask(_ index: Int, _ mask: inout MutableSpan<Bool>) {
        inner.writeActionMask(index, &mask)
    }

    public func render(_ index: Int, _ mode: RenderMode) throws(EnvironmentError) -> Frame {
        try inner.render(index, mode)
    }

    public func save(to writer: inout StateWriter) { inner.save(to: &writer) }
    public func restore(from reader: inout StateReader) throws(EnvironmentError) { try inner.restore(from: &reader) }
}
