import Gym
import Neural

/// How a policy does in whole episodes, each on a seed of its own.
public struct Evaluation: Sendable, Equatable {
    public let seeds: [UInt64]
    /// The undiscounted return of each seed's episode, and its number of steps.
    public let returns: [Double]
    public let lengths: [Int]

    public var mean: Double { returns.reduce(0, +) / Double(returns.count) }
    /// Of the episodes, not of their mean: √(Σ(x − mean)² / n).
    public var standardDeviation: Double {
        let mean = mean
        return (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(returns.count)).squareRoot()
    }
    public var minimum: Double { returns.min() ?? 0 }
    public var maximum: Double { returns.max() ?? 0 }
    public var meanLength: Double { Double(lengths.reduce(0, +)) / Double(lengths.count) }

    /// What to do: rows of observations and of masks (or none) give rows of actions.
    public typealias Acting = (_ observations: Lanes, _ rows: Int, _ masks: [Bool]) throws(LearningError) -> Lanes

    init(seeds: [UInt64], returns: [Double], lengths: [Int]) {
        self.seeds = seeds
        self.returns = returns
        self.lengths = lengths
    }

    /// Plays one episode for each seed.
    /// - Parameter act: answers for several episodes at once, those that are over among them.
    public init(
        in request: EnvironmentRequest, seeds: [UInt64], act: Acting
    ) throws(LearningError) {
        guard !seeds.isEmpty else { throw .invalidRequest(name: "num_episodes", reason: "expected at least 1") }
        var (returns, lengths): ([Double], [Int]) = ([], [])
        for start in stride(from: 0, to: seeds.count, by: Scratch.rows) {
            let part = Array(seeds[start..<min(start + Scratch.rows, seeds.count)])
            for episode in try Self.play(request, part, act) {
                returns.append(episode.episodeReturn)
                lengths.append(episode.length)
            }
        }
        self.seeds = seeds
        self.returns = returns
        self.lengths = lengths
    }

    /// Evaluates what a policy does, or with `deterministic` false, its exploration policy.
    public init(
        of policy: Policy, in request: EnvironmentRequest, seeds: [UInt64], deterministic: Bool = true,
        random: inout RandomGenerator
    ) throws(LearningError) {
        try self.init(in: request, seeds: seeds) { observations, rows, masks throws(LearningError) in
            try policy.act(observations, rows: rows, masks: masks, deterministic: deterministic, random: &random)
        }
    }

    /// Evaluates what an expert of the environment does.
    public init(of expert: any Expert, in request: EnvironmentRequest, seeds: [UInt64]) throws(LearningError) {
        try self.init(in: request, seeds: seeds) { observations, rows, masks throws(LearningError) in
            expert.act(observations, rows: rows, masks: masks)
        }
    }

    /// Evaluates acting at random: any member of each component that is allowed.
    public init(
        ofRandomIn request: EnvironmentRequest, form: ActionForm, seeds: [UInt64], random: inout RandomGenerator
    ) throws(LearningError) {
        try self.init(in: request, seeds: seeds) { _, rows, masks throws(LearningError) in
            var actions = Lanes(form.element, count: rows * form.components.count)
            form.decode(form.anyChoices(form.widen(masks, rows: rows), rows: rows, &random), rows: rows, to: &actions)
            return actions
        }
    }

    /// The first episode of each environment of a vector.
    private static func play(
        _ request: EnvironmentRequest, _ seeds: [UInt64], _ act: Acting
    ) throws(LearningError) -> [Episode] {
        let vector = try request.make(count: seeds.count)
        do { try vector.reset(seeds: seeds, mask: nil, options: nil) } catch { throw .environment(error) }
        var episodes = [Episode?](repeating: nil, count: seeds.count)
        var rest = seeds.count
        while rest > 0 {
            let actions = try act(vector.observations, seeds.count, vector.actionMasks)
            do { try vector.step(actions) } catch { throw .environment(error) }
            for episode in vector.episodes where episodes[episode.index] == nil {
                episodes[episode.index] = episode
                rest -= 1
            }
        }
        return episodes.compactMap(\.self)
    }
}
