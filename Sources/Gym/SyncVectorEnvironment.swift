/// A ``VectorEngine`` with identity: the vector behind every built-in world.
public final class SyncVectorEnvironment<E: Environment>: VectorEnvironment {
    public let observationSpace: Space
    public let actionSpace: Space
    public let transitionTable: TransitionTable?
    public let hasActionMask: Bool
    public let actionFeatures: ActionFeatures?
    public let renderModes: [RenderMode]
    public let hasInfo: Bool
    public let options: VectorOptions
    private var engine: VectorEngine<E>

    /// - Precondition: the environment's spaces have a layout, with its own lanes' elements.
    public init(_ environment: E, options: VectorOptions, renderModes: [RenderMode] = []) {
        guard let observation = environment.observationSpace.layout, let action = environment.actionSpace.layout else {
            preconditionFailure("an environment's spaces have a layout")
        }
        precondition(
            observation.element == E.Observation.element && action.element == E.Action.element,
            "an environment's lanes are those of its spaces")
        observationSpace = environment.observationSpace
        actionSpace = environment.actionSpace
        transitionTable = environment.transitionTable
        hasActionMask = environment.hasActionMask
        actionFeatures = environment.actionFeatures
        self.renderModes = renderModes
        self.options = options
        hasInfo = environment.hasInfo
        engine = VectorEngine(
            environment, options: options, observationWidth: observation.count, actionWidth: action.count)
    }

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
