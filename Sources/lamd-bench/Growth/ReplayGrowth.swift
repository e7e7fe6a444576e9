import Environments
import Foundation
import Gym
import Learning

/// What it costs to keep many transitions and to learn from them.
struct ReplayGrowth {
    private static let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    /// Memory is told by pages: less experience takes too few of them.
    private static let leastInMemory = 100_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        var memory: [Double] = []
        var uniform: [Experience] = []
        for size in Self.sizes {
            let before = Self.residentBytes()
            uniform.append(try Experience(size, .uniform))
            memory.append((Self.residentBytes() - before) / Double(size))
        }
        let prioritized = try Self.sizes.map { try Experience($0, .prioritized) }
        let adding = try costs(uniform) { try $0.add() }
        let byChance = try costs(uniform) { $0.update() }
        let byPriority = try costs(prioritized) { $0.update() }
        let usual = try costs(Self.sizes.map { try Experience($0, .uniform, isUsual: true) }) { $0.update() }
        let waits = "transitions drawn from much memory lie in no cache: the processor waits for each"
        let large = Self.sizes.firstIndex(of: Self.leastInMemory) ?? 0
        return [
            Series(
                "replay", "adding a transition", in: "CPU ns", growth: "constant", sizes: Self.sizes,
                costs: adding.map { $0 * 1e3 }),
            Series(
                "replay", "update of the default network", in: "CPU µs", growth: "constant", reason: waits,
                sizes: Self.sizes, costs: usual),
            Series(
                "replay", "drawing 256, all alike", in: "CPU µs", growth: "constant", reason: waits, sizes: Self.sizes,
                costs: byChance),
            Series(
                "replay", "drawing 256 by priority", in: "CPU µs", growth: "logarithmic",
                reason: waits + ", and for a path down the tree of sums", sizes: Self.sizes, costs: byPriority),
            Series(
                "replay", "memory of a transition", in: "bytes", growth: "linear", sizes: Array(Self.sizes[large...]),
                costs: Array(memory[large...])),
        ]
    }

    /// What one thing that `work` counts costs, in microseconds.
    private func costs(_ experiences: [Experience], _ work: @escaping (Experience) throws -> Int) throws -> [Double] {
        let race = try settings.race(
            experiences.map { experience in
                { try Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own) { try work(experience) } }
            })
        return experiences.indices.map { 1e6 / race.rate($0) }
    }

    private static func residentBytes() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(getpagesize())
    }
}

/// A learner whose replay is full.
private final class Experience {
    private static let batch = 256
    private static let rows = 1_000
    private static let episode = 200
    private var learner: Learner
    private let transitions: Transitions

    /// - Parameter isUsual: whether its network and its batch are the default ones; else the one is so small, and the other so
    ///   large, that what it draws is what it costs.
    init(_ size: Int, _ sampling: Hyperparameters.Sampling, isUsual: Bool = false) throws {
        let vector = try Catalogue.worlds.spec("CartPole-v1").make()
        var hyperparameters = Hyperparameters(observation: vector.observationSpace, action: vector.actionSpace)
        if !isUsual { (hyperparameters.hiddenSizes, hyperparameters.batchSize) = ([8], Self.batch) }
        (hyperparameters.replay, hyperparameters.replayCapacity) = (sampling, size)
        learner = try Learner(
            observation: vector.observationSpace, action: vector.actionSpace, hyperparameters: hyperparameters,
            isMasked: false, seed: 1)
        transitions = Self.transitions()
        while learner.transitions < size { _ = try add() }
    }

    private static func transitions() -> Transitions {
        var random = RandomGenerator(seed: 1)
        let states = (0..<(rows + 1) * 4).map { _ in random.randomFloat() }
        return Transitions(
            observations: .float32(Array(states[..<(rows * 4)])),
            actions: .int64((0..<rows).map { _ in Int64(random.integers(0, 2)) }),
            rewards: Array(repeating: 1, count: rows), nextObservations: .float32(Array(states[4...])),
            terminated: (1...rows).map { $0.isMultiple(of: episode) }, truncated: Array(repeating: false, count: rows),
            episodeIDs: Array(repeating: "one", count: rows))
    }

    /// - Returns: how many transitions it took in.
    func add() throws -> Int {
        try learner.observe(transitions, learn: false)
        return Self.rows
    }

    /// - Returns: how many updates it made.
    func update() -> Int {
        learner.update(progress: 0)
        return 1
    }
}
