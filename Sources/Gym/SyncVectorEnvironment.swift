/// A ``VectorEngine`` with identity: the vector behind every built-in world.
public final class SyncVectorEnvironment<E: Environment>: VectorEnvironment {
    private let spaces: Spaces
    public let transitionTable: TransitionTable?
    public let hasActionMask: Bool
    public let actionFeatures: ActionFeatures?
    public let renderModes: [RenderMode]
    public let hasInfo: Bool
    private var engine: VectorEngine<E>

    /// - Parameter spaces: the environment's own.
    /// - Precondition: their lanes' elements are the environment's.
    public init(_ environment: E, _ spaces: Spaces, options: VectorOptions, renderModes: [RenderMode] = []) {
        let (observation, action) = (spaces.observationLayout, spaces.actionLayout)
        precondition(
            observation.element == E.Observation.element && action.element == E.Action.element,
            "an environment's lanes are those of its spaces")
        self.spaces = spaces
        transitionTable = environment.transitionTable
        hasActionMask = environment.hasActionMask
        actionFeatures = environment.actionFeatures
        self.renderModes = renderModes
        hasInfo = environment.hasInfo
        engine = VectorEngine(
            environment, options: options, observationWidth: observation.count, actionWidth: action.count)
    }

    public var options: VectorOptions { engine.options }
    public var observationSpace: Space { spaces.observation }
    public var actionSpace: Space { spaces.action }
    public var observations: Lanes { E.Observation.lanes(engine.observations) }
    public var rewards: [Double] { engine.rewards }
    public var terminated: [Bool] { engine.terminated }
    public var truncated: [Bool] { engine.truncated }
    public var finalObservations: Lanes { E.Observation.lanes(engine.finalObservations) }
    public var episodes: [Episode] { engine.episodes }
    public var didReset: [Bool] { engine.didReset }
    public var needsReset: [Bool] { engine.isActive.map { !$0 } }

    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        try engine.reset(seeds: seeds, mask: mask, options: options)
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        precondition(actions.count == count * engine.actionWidth, "a step takes one action an environment")
        let actions = E.Action.array(of: actions)
        try E.stepAll(&engine, actions.span)
    }

    public func info(_ index: Int) -> Value { engine.environments[index].info }

    public func writeActionMask(_ index: Int, _ mask: inout MutableSpan<Bool>) {
        engine.environments[index].writeActionMask(&mask)
    }

    public func render(_ index: Int, _ mode: RenderMode) throws(EnvironmentError) -> Frame {
        try engine.environments[index].render(mode)
    }

    public func save(to writer: inout StateWriter) { engine.save(to: &writer) }

    public func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try engine.restore(from: &reader)
    }
}
