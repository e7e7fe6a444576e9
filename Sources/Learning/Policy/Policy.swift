import Gym
import Neural
import Synchronization

/// What an agent had come to at one moment: an immutable snapshot that any number of threads may ask at once.
public final class Policy: Sendable {
    /// How scores are read.
    public enum Reading: UInt8, Sendable {
        /// As the values of actions: the best is taken, or now and then any.
        case values
        /// As the logits of a stochastic policy.
        case policy
    }

    public let network: Network
    let parameters: [Float]
    private let hyperparameters: Hyperparameters
    let normalizer: Normalizer
    let rewardScale: RewardScale
    let transform: Normalizer.Transform
    /// How many times larger returns are than the values that the network computes.
    let valueUnit: Float
    /// How its scores are read.
    public let reading: Reading
    /// ε of the exploration policy, where scores are read as values.
    public let exploration: Double
    /// The transitions and updates it was learned from.
    public let transitions: Int
    public let updates: Int
    /// The keys of the embedded component's members; nil where none is embedded.
    let keyTable: KeyTable?
    private let pool = Pool()

    /// What it has seen: how many observations, and of each of their numbers the mean and the standard deviation.
    public var seen: (count: Double, means: [Double], deviations: [Double]) {
        let count = max(normalizer.count, 1)
        return (normalizer.count, normalizer.mean, normalizer.squares.map { ($0 / count).squareRoot() })
    }

    /// Whether every weight is a finite number.
    public var isFinite: Bool { parameters.allSatisfy(\.isFinite) }

    init(
        network: Network, hyperparameters: Hyperparameters, parameters: [Float], normalizer: Normalizer,
        rewardScale: RewardScale, reading: Reading, exploration: Double, transitions: Int, updates: Int
    ) {
        self.network = network
        self.parameters = parameters
        keyTable = network.embedding.map { KeyTable($0, parameters) }
        self.hyperparameters = hyperparameters
        self.normalizer = normalizer
        self.rewardScale = rewardScale
        transform = normalizer.transform(hyperparameters)
        valueUnit = 1 / rewardScale.factor(hyperparameters, components: network.head.components.count)
        self.reading = reading
        self.exploration = exploration
        self.transitions = transitions
        self.updates = updates
    }

    /// The same policy where other things are known of the actions, of as many or more.
    /// - Precondition: it has features as wide.
    public func with(_ features: ActionFeatures) -> Policy {
        Policy(
            network: network.with(features), hyperparameters: hyperparameters, parameters: parameters,
            normalizer: normalizer, rewardScale: rewardScale, reading: reading, exploration: exploration,
            transitions: transitions, updates: updates)
    }

    /// Makes what the first answer would otherwise wait for: the keys of all embedded actions.
    public func prepare() { _ = keyTable?.keys }

    /// What to do in `rows` observations.
    /// - Parameters:
    ///   - observations: rows of the observation space's lanes.
    ///   - masks: rows of `network.action.maskWidth` Booleans, or empty where everything is allowed.
    ///   - deterministic: false for the stochastic policy, which draws from `random`: by the probabilities of a policy,
    ///     by the exploration of values.
    /// - Returns: rows of the action space's lanes.
    public func act(
        _ observations: Lanes, rows: Int, masks: [Bool] = [], deterministic: Bool = true, random: inout RandomGenerator
    ) throws(LearningError) -> Lanes {
        try decide(
            observations, rows: rows, masks: masks, deterministic: deterministic, details: false, random: &random
        )
        .actions
    }

    /// What to do in `rows` observations, and with `details` why.
    /// - Parameter isExact: whether the best actions are found by exact search even where there is an index. Where there is
    ///   none, where masks are given, and to sample a stochastic policy, it is exact anyway.
    public func decide(
        _ observations: Lanes, rows: Int, masks: [Bool] = [], deterministic: Bool = true, details: Bool = true,
        isExact: Bool = true, random: inout RandomGenerator
    ) throws(LearningError) -> Decisions {
        let masks = network.masks(masks, observations, rows: rows)
        try network.action.check(masks, rows: rows)
        try network.checkAvailable(masks, rows: rows)
        return decided(
            observations, rows: rows, masks: masks, mode: deterministic ? .greedy : stochasticMode, details: details,
            index: isExact || !masks.isEmpty ? nil : index, random: &random)
    }

    private func decided(
        _ observations: Lanes, rows: Int, masks: [Bool], mode: Chooser.Mode, details: Bool, index: ActionIndex? = nil,
        random: inout RandomGenerator
    ) -> Decisions {
        precondition(observations.count == rows * network.observation.width, "a policy is asked about whole rows")
        var decisions = Decisions(rows: rows, of: self, details: details)
        decisions.index = mode == .sampling ? nil : index
        let scratch = pool.take(network)
        for start in stride(from: 0, to: rows, by: Scratch.rows) {
            scratch.run(
                self, observations, start..<min(start + Scratch.rows, rows), masks: masks, mode: mode, random: &random,
                to: &decisions)
        }
        pool.give(scratch)
        return decisions
    }

    private var stochasticMode: Chooser.Mode {
        switch reading {
        case .values: .exploring(exploration)
        case .policy: .sampling
        }
    }

    /// Memory that threads lend each other, because a pass needs some and every request would have to make its own.
    private final class Pool: Sendable {
        private let idle = Mutex<[Scratch]>([])

        func take(_ network: @autoclosure () -> Network) -> Scratch {
            idle.withLock { $0.popLast() } ?? Scratch(network())
        }

        func give(_ scratch: Scratch) {
            idle.withLock { $0.append(scratch) }
        }
    }
}

/// What an agent came to can teach another.
extension Policy: Expert {
    /// The best action in each of `rows` observations.
    public func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        precondition(masks.isEmpty || masks.count == rows * network.action.maskWidth, "masks are whole rows")
        let masks = network.masks(masks, observations, rows: rows)
        var random = RandomGenerator(seed: 0)
        return decided(observations, rows: rows, masks: masks, mode: .greedy, details: false, random: &random).actions
    }
}

/// What a policy does in some observations, and where asked what it thinks of all it could do.
public struct Decisions: Sendable {
    /// Rows of the action space's lanes.
    public internal(set) var actions: Lanes
    /// The index of each component's choice among its members, [rows, head.components].
    public internal(set) var choices: [Int32]
    /// V, one a row, in the unit of returns; empty without details.
    public internal(set) var stateValues: [Float]
    /// The value of each member of each head component, were the other components at their mean, [rows, head.members]:
    /// Q, where there is one component. Of a policy, the logarithm of its probability. −∞ for what is not allowed. Empty
    /// without details, and where there are too many to tell.
    public internal(set) var values: [Float]
    /// How likely the stochastic policy takes each member, [rows, head.members]. Empty as ``values`` is.
    public internal(set) var probabilities: [Float]
    /// What the ranking of an embedded component's members is found by; nil where none is embedded, or without details.
    var asked: Asked?
    /// What looks for the best of an embedded component's members; nil where all of them are looked at.
    var index: ActionIndex?

    /// The network's outputs, a query among them, and the masks of all members, or none.
    struct Asked: Sendable {
        var outputs: [Float]
        var masks: [UInt8]
    }

    /// Whether the best actions were looked for by an index, which may miss some.
    public var isApproximate: Bool { index != nil }

    /// Of more members than this not each one's value and probability is told, only those of the best.
    public static let detailLimit = 65_536

    init(rows: Int, of policy: Policy, details: Bool) {
        let head = policy.network.action.head
        actions = Lanes(policy.network.action.element, count: rows * policy.network.action.components.count)
        let count = rows * head.components.count
        // What most questions need, a literal is made at a fraction of the cost.
        choices = count == 1 ? [0] : Array(repeating: 0, count: count)
        guard details else {
            (stateValues, values, probabilities) = ([], [], [])
            return
        }
        stateValues = Array(repeating: 0, count: rows)
        values = Array(repeating: 0, count: head.members <= Self.detailLimit ? rows * head.members : 0)
        probabilities = values
        if policy.network.embedding != nil { asked = Asked(outputs: [], masks: []) }
    }
}
