import Environments
import Gym
import Learning

/// Worlds for tests alone: each episode is one choice, and how good it is can be said at once.

/// Shows a number in each lane; the action should say them all, each rounded to the nearest of `count` values.
struct Echo: Environment {
    typealias Observation = Float
    typealias Action = Int64

    let lanes: Int
    let count: Int
    private var shown: [Float] = []

    init(lanes: Int, count: Int) {
        self.lanes = lanes
        self.count = count
    }

    static func request(lanes: Int, count: Int) -> EnvironmentRequest {
        EnvironmentRequest(
            EnvironmentSpec(id: "Echo", summary: "", maxEpisodeSteps: 1) { _ throws(EnvironmentError) in
                Echo(lanes: lanes, count: count)
            })
    }

    var observationSpace: Space { .box(Box(low: 0, high: 1, shape: [lanes])) }
    var actionSpace: Space { .multiDiscrete(MultiDiscrete(Array(repeating: count, count: lanes))) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        shown = (0..<lanes).map { _ in random.randomFloat() }
        for lane in 0..<lanes { observation[lane] = shown[lane] }
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        var distance = 0.0
        for lane in 0..<lanes {
            distance += abs(Double(shown[lane]) - Double(action[lane]) / Double(count - 1))
            observation[lane] = shown[lane]
        }
        return Step(reward: -distance / Double(lanes), terminated: true)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { shown.forEach { writer.write($0) } }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        for lane in shown.indices { shown[lane] = try reader.readFloat() }
    }
}

/// One place, where each step gives 1: what it is worth is all about how episodes end.
struct Treadmill: Environment {
    typealias Observation = Int64
    typealias Action = Int64

    /// After how many steps the world itself ends; nil for never.
    let end: Int?
    private var steps = 0

    static func request(end: Int?, limit: Int) -> EnvironmentRequest {
        EnvironmentRequest(
            EnvironmentSpec(id: "Treadmill", summary: "", maxEpisodeSteps: limit) { _ throws(EnvironmentError) in
                Treadmill(end: end)
            })
    }

    private init(end: Int?) { self.end = end }

    var observationSpace: Space { .discrete(Discrete(1)) }
    var actionSpace: Space { .discrete(Discrete(2)) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        steps = 0
        observation[0] = 0
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        steps += 1
        observation[0] = 0
        return Step(reward: 1, terminated: steps == end)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(steps) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { steps = try reader.readInt() }
}

/// A room shows which of its six doors may be opened: two, one of them with 1 behind it. Any other is a disaster.
struct Doors: Environment {
    typealias Observation = Int64
    typealias Action = Int64

    static let rooms = 20
    var hasActionMask: Bool { true }
    static let request = EnvironmentRequest(
        EnvironmentSpec(id: "Doors", summary: "", maxEpisodeSteps: 1) { _ throws(EnvironmentError) in Doors() })

    private var room = 0

    static func best(in room: Int) -> Int { room % 6 }
    private static func other(in room: Int) -> Int { (room + 1 + room / 6) % 6 }

    var observationSpace: Space { .discrete(Discrete(Self.rooms)) }
    var actionSpace: Space { .discrete(Discrete(6)) }

    func writeActionMask(_ mask: inout MutableSpan<Bool>) {
        for door in 0..<6 { mask[door] = door == Self.best(in: room) || door == Self.other(in: room) }
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        room = random.integers(0, Self.rooms)
        observation[0] = Int64(room)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let door = Int(action[0])
        observation[0] = Int64(room)
        let reward: Double = door == Self.best(in: room) ? 1 : door == Self.other(in: room) ? 0 : -1_000
        return Step(reward: reward, terminated: true)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(room) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { room = try reader.readInt() }
}

extension EnvironmentRequest {
    /// One of the worlds that come with lamd.
    static func world(_ id: String, kwargs: Value? = nil) throws -> EnvironmentRequest {
        EnvironmentRequest(try Catalogue.worlds.spec(id), kwargs: kwargs)
    }

    /// A learner for this environment, by the defaults but for `changes`.
    func learner(_ changes: Value = [:], seed: UInt64 = 0) throws -> Learner {
        let vector = try make()
        var hyperparameters = Hyperparameters(observation: vector.observationSpace, action: vector.actionSpace)
        try hyperparameters.apply(changes)
        return try Learner(
            observation: vector.observationSpace, action: vector.actionSpace, hyperparameters: hyperparameters,
            features: vector.actionFeatures, isMasked: vector.hasActionMask, seed: seed)
    }

    /// Trains to the end of the budget.
    func trained(
        _ changes: Value = [:], steps: Int, numEnvs: Int = 1, evaluationInterval: Int? = nil, seed: UInt64 = 0
    ) throws -> Training {
        let request = TrainingRequest(
            environment: self, numEnvs: numEnvs, budget: .init(steps: steps), evaluationInterval: evaluationInterval,
            evaluationEpisodes: 20, seed: seed)
        let training = try Training(request, try learner(changes, seed: seed), now: { 0 })
        while try !training.next().isEmpty {}
        return training
    }
}

/// Takes the same action whenever it is in the same of finitely many states.
struct Walker: Expert {
    let actions: [Int]

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        .int64((0..<rows).map { Int64(actions[Int(observations.integer($0))]) })
    }
}

/// Each episode is the same one step, from one of two places to the other, whatever is done.
struct Once: Environment {
    typealias Observation = Float
    typealias Action = Int64

    static let observationSpace = Space.box(Box(low: -1, high: 1, shape: [3]))
    private static let places = sequence(6, 3)

    let reward: Double
    /// Whether the world ends with it; it is cut short otherwise.
    let ends: Bool

    static func request(reward: Double, ends: Bool) -> EnvironmentRequest {
        EnvironmentRequest(
            EnvironmentSpec(id: "Once", summary: "", maxEpisodeSteps: 2) { _ throws(EnvironmentError) in
                Once(reward: reward, ends: ends)
            })
    }

    var observationSpace: Space { Self.observationSpace }
    var actionSpace: Space { .discrete(Discrete(4)) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        for lane in 0..<3 { observation[lane] = Self.places[lane] }
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        for lane in 0..<3 { observation[lane] = Self.places[3 + lane] }
        return Step(reward: reward, terminated: ends, truncated: !ends)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {}
}

extension EnvironmentRequest {
    /// What an expert does from each of some beginnings.
    func demonstrations(of expert: any Expert, seeds: Range<UInt64>, exploration: Double = 0) throws -> [Trajectory] {
        try Demonstration.play(self, Array(seeds), exploration: exploration, by: expert)
    }

    /// The best scripted expert of one of the worlds that come with lamd.
    func expert() throws -> any Expert {
        try Catalogue.worlds.expert(Catalogue.scripted, for: spec).make(for: spec, kwargs: kwargs)
    }
}

/// Blocks of numbered places that are walked through one after the other, whatever is done. Each block ends elsewhere:
/// every other one comes to its end there, the others are cut short.
struct Track: Environment {
    typealias Observation = Int64
    typealias Action = Int64

    enum Ending: Sendable { case terminated, truncated }

    static let states = 401
    static let request = EnvironmentRequest(
        EnvironmentSpec(id: "Track", summary: "", maxEpisodeSteps: 1_000) { _ throws(EnvironmentError) in Track() })

    private var place = 0

    static func ending(_ place: Int) -> Ending? {
        let block = place / 40
        return place % 40 == 9 + 3 * block ? (block.isMultiple(of: 2) ? .terminated : .truncated) : nil
    }

    static func reward(_ place: Int) -> Double { Double(place * 37 % 19) / 9 - 1 }

    var observationSpace: Space { .discrete(Discrete(Self.states)) }
    var actionSpace: Space { .discrete(Discrete(2)) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        place = 40 * random.integers(0, 10) + random.integers(0, 8)
        observation[0] = Int64(place)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let (reward, ending) = (Self.reward(place), Self.ending(place))
        place += 1
        observation[0] = Int64(place)
        return Step(reward: reward, terminated: ending == .terminated, truncated: ending == .truncated)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(place) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { place = try reader.readInt() }
}

extension Value {
    /// An object with the members of another behind its own.
    func adding(_ other: Value) -> Value {
        guard case .object(let first) = self, case .object(let second) = other else { return self }
        return .object(first + second)
    }
}

/// Places in a row: an action goes one way, nowhere or the other. What that is worth is for the test to say.
struct Row: Environment {
    typealias Observation = Int64
    typealias Action = Int64

    static let places = 8

    let reward: @Sendable (_ place: Int, _ action: Int) -> Double
    private var place = 0

    init(_ reward: @escaping @Sendable (Int, Int) -> Double) { self.reward = reward }

    static func request(_ reward: @escaping @Sendable (Int, Int) -> Double) -> EnvironmentRequest {
        EnvironmentRequest(
            EnvironmentSpec(id: "Row", summary: "", maxEpisodeSteps: 20) { _ throws(EnvironmentError) in Row(reward) })
    }

    var observationSpace: Space { .discrete(Discrete(Self.places)) }
    var actionSpace: Space { .discrete(Discrete(3)) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        place = random.integers(0, Self.places)
        observation[0] = Int64(place)
    }

    /// Backwards, staying, forwards.
    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let reward = reward(place, Int(action[0]))
        place = min(max(place + Int(action[0]) - 1, 0), Self.places - 1)
        observation[0] = Int64(place)
        return Step(reward: reward)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(place) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { place = try reader.readInt() }
}
