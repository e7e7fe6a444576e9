/// An environment, as Gymnasium means it: a world that is reset, takes actions and gives observations and rewards.
///
/// A conforming type is a plain struct that holds its state; randomness and the buffer for the observation are lent to
/// it. The vector engine (``SyncVectorEnvironment``) adds what all share: time limit, autoreset, episode statistics.
/// Write one file, add one line to the catalogue, and it is on every route.
public protocol Environment: Sendable {
    /// What a lane of the observation is; must be the element of ``observationSpace``'s layout.
    associatedtype Observation: Scalar
    /// What a lane of the action is; must be the element of ``actionSpace``'s layout.
    associatedtype Action: Scalar

    /// Must have a layout (no Text, Sequence, OneOf or Graph).
    var observationSpace: Space { get }
    /// Must have a layout.
    var actionSpace: Space { get }

    /// Begins an episode and writes its first observation.
    /// - Parameter options: the reset options, an object; nil where none were given. Unknown ones are refused.
    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Observation>
    ) throws(EnvironmentError)

    /// Takes one action, an element of ``actionSpace``, and writes the observation that follows.
    mutating func step(
        _ action: Span<Action>, random: inout RandomGenerator, observation: inout MutableSpan<Observation>
    ) -> Step

    /// Steps every environment of a vector. Nobody writes this: it is a requirement so that each world has it compiled for
    /// its own type, several times faster than generic code.
    static func stepAll(_ engine: inout VectorEngine<Self>, _ actions: Span<Action>) throws(EnvironmentError)

    /// The `info` of the latest reset or step, an object exactly as Gymnasium has it.
    var info: Value { get }
    /// Whether `info` is ever more than an empty object; where not, nobody asks a thousand environments for it.
    var hasInfo: Bool { get }

    /// Whether some actions may be unavailable in some states.
    var hasActionMask: Bool { get }
    /// Which actions are available now, one entry for each element of a Discrete action space.
    func writeActionMask(_ mask: inout MutableSpan<Bool>)

    /// What is known of the actions of a Discrete space, where that is more than their numbers.
    var actionFeatures: ActionFeatures? { get }

    /// The dynamics as a table, where the state space is small and finite.
    var transitionTable: TransitionTable? { get }

    /// Draws the current state.
    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame

    /// Writes all state that a later ``restore(from:)`` needs to go on identically.
    func save(to writer: inout StateWriter)
    /// - Throws: ``EnvironmentError/invalidSnapshot(_:)``; the bytes may come from a client, so every index is checked.
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError)
}

extension Environment {
    public var info: Value { .object([]) }
    public var hasInfo: Bool { true }
    public var hasActionMask: Bool { false }
    public func writeActionMask(_ mask: inout MutableSpan<Bool>) { mask.update(repeating: true) }
    public var actionFeatures: ActionFeatures? { nil }
    public var transitionTable: TransitionTable? { nil }
}

/// What one action led to, besides the observation.
public struct Step: Sendable, Equatable {
    /// float64, as Gymnasium's.
    public var reward: Double
    /// The world came to an end: there is no value beyond.
    public var terminated: Bool
    /// The episode was cut short from outside: its last state still has a value.
    public var truncated: Bool

    public init(reward: Double, terminated: Bool = false, truncated: Bool = false) {
        self.reward = reward
        self.terminated = terminated
        self.truncated = truncated
    }
}

/// A picture of a state, or a text that serves as one.
public enum RenderMode: String, Sendable, CaseIterable {
    case svg, png, ansi
    case rgbArray = "rgb_array"
}

public struct Frame: Sendable, Equatable {
    public let mode: RenderMode
    /// Pixels; 0 for text.
    public let width: Int
    public let height: Int
    /// SVG or PNG bytes, UTF-8 text, or `height × width × 3` bytes of RGB.
    public let bytes: [UInt8]

    public init(mode: RenderMode, width: Int = 0, height: Int = 0, bytes: [UInt8]) {
        self.mode = mode
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}

/// Dynamics as a table: `outcomes[state][action]` lists what may happen (Gymnasium's `env.unwrapped.P`).
public struct TransitionTable: Sendable, Equatable {
    public struct Outcome: Sendable, Equatable {
        public let probability: Double
        public let next: Int
        public let reward: Double
        public let terminated: Bool

        public init(probability: Double, next: Int, reward: Double, terminated: Bool) {
            self.probability = probability
            self.next = next
            self.reward = reward
            self.terminated = terminated
        }
    }

    public let outcomes: [[[Outcome]]]
    /// The probability of each state at the beginning of an episode.
    public let initial: [Double]

    public init(outcomes: [[[Outcome]]], initial: [Double]) {
        self.outcomes = outcomes
        self.initial = initial
    }
}
