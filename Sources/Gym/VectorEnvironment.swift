/// When an environment of a vector begins its next episode (Gymnasium's `AutoresetMode`).
public enum AutoresetMode: String, Sendable, CaseIterable, Codable {
    /// Never by itself: who steps past an end is told to reset.
    case disabled
    /// In the step after the end, which ignores its action and gives reward 0.
    case nextStep = "next_step"
    /// In the step that ends it; the last observation is kept as `final_obs`.
    case sameStep = "same_step"
}

/// How a vector of environments is made.
public struct VectorOptions: Sendable, Equatable {
    public static let maximumCount = 65_536

    public var count: Int
    /// nil means the environment's own limit.
    public var maxEpisodeSteps: Int?
    public var autoreset: AutoresetMode
    /// Whether a step that is much work may use other cores than the caller's; it comes to the same.
    public var isShared: Bool

    public init(
        count: Int = 1, maxEpisodeSteps: Int? = nil, autoreset: AutoresetMode? = nil, isShared: Bool = true
    ) {
        self.isShared = isShared
        self.count = count
        self.maxEpisodeSteps = maxEpisodeSteps
        self.autoreset = autoreset ?? (count == 1 ? .disabled : .nextStep)
    }

    func check() throws(EnvironmentError) {
        guard (1...Self.maximumCount).contains(count) else {
            throw .invalidArgument(name: "num_envs", reason: "expected 1 to \(Self.maximumCount), not \(count)")
        }
        guard maxEpisodeSteps.map({ $0 > 0 }) ?? true else {
            throw .invalidArgument(name: "max_episode_steps", reason: "expected at least 1")
        }
    }
}

/// Many environments of one kind, stepped as one (one environment is a vector of one): what sessions, rollouts and
/// training hold. Not thread-safe: whoever owns it steps it.
///
/// What the latest reset or step gave stands in rows: row i belongs to environment i. The arrays share storage with the
/// vector; let go of them before the next step, or that step copies them.
public protocol VectorEnvironment: AnyObject {
    var options: VectorOptions { get }
    var observationSpace: Space { get }
    var actionSpace: Space { get }
    var transitionTable: TransitionTable? { get }
    var hasActionMask: Bool { get }
    /// What is known of the actions, where that is more than their numbers.
    var actionFeatures: ActionFeatures? { get }
    /// How its environments can be drawn.
    var renderModes: [RenderMode] { get }
    /// Whether its state can be saved and restored.
    var isSavable: Bool { get }

    /// `count` rows of ``observationSpace``'s layout.
    var observations: Lanes { get }
    var rewards: [Double] { get }
    var terminated: [Bool] { get }
    var truncated: [Bool] { get }
    /// Under `same_step`: the last observation of each episode that ended in this step, in its environment's row.
    var finalObservations: Lanes { get }
    /// The episodes that ended in this step.
    var episodes: [Episode] { get }
    /// Under `next_step`: the environments that only reset in this step and ignored their action.
    var didReset: [Bool] { get }
    /// The environments whose episode is over or has not begun.
    var needsReset: [Bool] { get }

    /// Begins an episode in each environment, or only in those of `mask`.
    /// - Parameters:
    ///   - seeds: one for each environment: it reseeds that environment's generator; nil leaves it as it is.
    ///   - options: reset options, an object.
    func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError)

    /// Steps every environment.
    /// - Parameter actions: `count` rows of lanes, each an element of ``actionSpace``.
    func step(_ actions: Lanes) throws(EnvironmentError)

    /// Whether an environment's info is ever more than an empty object.
    var hasInfo: Bool { get }
    /// The info of environment `index`, after its latest reset or step.
    func info(_ index: Int) -> Value
    /// Writes the available actions of environment `index`, one entry for each element of a Discrete action space.
    func writeActionMask(_ index: Int, _ mask: inout MutableSpan<Bool>)
    func render(_ index: Int, _ mode: RenderMode) throws(EnvironmentError) -> Frame

    /// - Precondition: it is savable.
    func save(to writer: inout StateWriter)
    func restore(from reader: inout StateReader) throws(EnvironmentError)
}

extension VectorEnvironment {
    public var count: Int { options.count }
    public var actionFeatures: ActionFeatures? { nil }
    public var isSavable: Bool { true }
    public var hasInfo: Bool { true }

    /// Entries of each action mask; 0 where every action is always available.
    public var maskWidth: Int {
        guard hasActionMask, case .discrete(let space) = actionSpace else { return 0 }
        return space.n
    }

    /// The masks of all environments, in rows; empty where everything is always allowed.
    public var actionMasks: [Bool] {
        guard maskWidth > 0 else { return [] }
        var masks: [Bool] = []
        var mask = [Bool](repeating: true, count: maskWidth)
        for index in 0..<count {
            var lent = mask.mutableSpan
            writeActionMask(index, &lent)
            masks += mask
        }
        return masks
    }

    /// Resets every environment; environment i of a vector is seeded with `seed + i`, as Gymnasium does.
    public func reset(seed: UInt64? = nil, options: Value? = nil) throws(EnvironmentError) {
        try reset(seeds: (0..<count).map { i in seed.map { $0 &+ UInt64(i) } }, mask: nil, options: options)
    }
}

/// An episode that has just ended.
public struct Episode: Sendable, Equatable {
    /// Which environment of the vector.
    public let index: Int
    /// The sum of its rewards, undiscounted.
    public let episodeReturn: Double
    /// Its number of steps.
    public let length: Int
    /// Its last info; kept only under `same_step`, where the next reset has already replaced it.
    public let finalInfo: Value?

    @inlinable public init(index: Int, episodeReturn: Double, length: Int, finalInfo: Value? = nil) {
        self.index = index
        self.episodeReturn = episodeReturn
        self.length = length
        self.finalInfo = finalInfo
    }
}
