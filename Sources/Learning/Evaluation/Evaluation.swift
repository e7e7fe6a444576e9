import Glibc
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
        let episodes = try Self.play(request, seeds, act)
        self.init(seeds: seeds, returns: episodes.map(\.episodeReturn), lengths: episodes.map(\.length))
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

    /// An episode on each seed: an environment whose episode is over takes the next seed.
    private static func play(
        _ request: EnvironmentRequest, _ seeds: [UInt64], _ act: Acting
    ) throws(LearningError) -> [Episode] {
        let count = min(seeds.count, request.episodesAtOnce)
        let vector = try request.make(count: count)
        var episodes = [Episode?](repeating: nil, count: seeds.count)
        // Which seed each environment plays; nil where none is left for it.
        var playing = (0..<count).map { Optional($0) }
        var (next, rest) = (count, seeds.count)
        do throws(EnvironmentError) {
            try vector.reset(seeds: Array(seeds[..<count]), mask: nil, options: nil)
        } catch {
            throw .environment(error)
        }
        while rest > 0 {
            let actions = try act(vector.observations, count, vector.actionMasks)
            do { try vector.step(actions) } catch { throw .environment(error) }
            sched_yield()  // as between updates
            var begins = [Bool](repeating: false, count: count)
            for episode in vector.episodes {
                guard let place = playing[episode.index] else { continue }
                episodes[place] = episode
                rest -= 1
                playing[episode.index] = next < seeds.count ? next : nil
                begins[episode.index] = next < seeds.count
                next = min(next + 1, seeds.count)
            }
            guard begins.contains(true) else { continue }
            do { try vector.reset(seeds: playing.map { $0.map { seeds[$0] } }, mask: begins, options: nil) } catch {
                throw .environment(error)
            }
        }
        return episodes.compactMap(\.self)
    }
}
