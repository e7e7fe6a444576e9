import Gym

/// A world whose dynamics are a table: what all of Gymnasium's toy-text worlds share.
///
/// A conforming world builds its table and draws itself; stepping, seeding, infos and snapshots are here.
protocol TableWorld: Environment, Drawn where Observation == Int64, Action == Int64 {
    var walk: TableWalk { get set }
}

extension TableWorld {
    var observationSpace: Space { .discrete(Discrete(walk.table.outcomes.count)) }
    var actionSpace: Space { .discrete(Discrete(walk.table.outcomes[0].count)) }
    var transitionTable: TransitionTable? { walk.table }
    var info: Value { .object([.init("prob", walk.probability)]) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        walk.begin(&random)
        observation[0] = Int64(walk.state)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let outcome = walk.step(Int(action[0]), &random)
        observation[0] = Int64(walk.state)
        return Step(reward: outcome.reward, terminated: outcome.terminated)
    }

    func save(to writer: inout StateWriter) { walk.save(to: &writer) }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { try walk.restore(from: &reader) }
}

/// A walk through a transition table.
struct TableWalk: Sendable {
    let table: TransitionTable
    private(set) var state = 0
    /// The latest action; nil at an episode's beginning.
    private(set) var lastAction: Int?
    /// The latest outcome's index among those that were possible.
    private var lastOutcome = 0
    private var lastState = 0
    /// How probable an episode's beginning is said to be: Gymnasium says 1 in some worlds and 1.0 in others.
    private let certain: Value

    init(_ table: TransitionTable, certain: Value = 1) {
        self.table = table
        self.certain = certain
        state = table.initial.firstIndex { $0 > 0 } ?? 0
    }

    /// How probable the latest transition was.
    var probability: Value {
        guard let lastAction else { return certain }
        return .double(table.outcomes[lastState][lastAction][lastOutcome].probability)
    }

    mutating func begin(_ random: inout RandomGenerator) {
        state = Self.sample(table.initial, \.self, &random)
        lastAction = nil
    }

    mutating func step(_ action: Int, _ random: inout RandomGenerator) -> TransitionTable.Outcome {
        let outcomes = table.outcomes[state][action]
        lastOutcome = Self.sample(outcomes, \.probability, &random)
        lastState = state
        lastAction = action
        state = outcomes[lastOutcome].next
        return outcomes[lastOutcome]
    }

    /// Puts the walk elsewhere, after an outcome that no table holds.
    mutating func move(to state: Int) { self.state = state }

    /// Draws an index by its probability. Where rounding leaves the sum below the draw, it is 0, as Gymnasium's argmax
    /// gives.
    private static func sample<Element>(
        _ elements: [Element], _ probability: (Element) -> Double, _ random: inout RandomGenerator
    ) -> Int {
        let draw = random.random()
        var cumulative = 0.0
        for index in elements.indices {
            cumulative += probability(elements[index])
            if cumulative > draw { return index }
        }
        return 0
    }

    func save(to writer: inout StateWriter) {
        writer.write(state)
        writer.write(lastAction ?? -1)
        writer.write(lastState)
        writer.write(lastOutcome)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        let states = table.outcomes.indices
        state = try reader.readInt(in: states)
        let action = try reader.readInt(in: -1..<table.outcomes[state].count)
        lastAction = action < 0 ? nil : action
        lastState = try reader.readInt(in: states)
        lastOutcome = try reader.readInt(in: 0..<table.outcomes[lastState][max(action, 0)].count)
    }
}

/// The colours that Gymnasium's text pictures use on a terminal.
enum Terminal: Int {
    case red = 31, green, yellow, blue, magenta

    func paint(_ text: some StringProtocol, bold: Bool = false, highlight: Bool = false) -> String {
        "\u{1b}[\(rawValue + (highlight ? 10 : 0))\(bold ? ";1" : "")m\(text)\u{1b}[0m"
    }
}
