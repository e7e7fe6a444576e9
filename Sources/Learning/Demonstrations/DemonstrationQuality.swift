import Gym

/// What a set of demonstrations is worth to a learner: how well it was played, how much of the world it shows, and what
/// stands out. A pure function of the set.
public struct DemonstrationQuality: Sendable, Equatable {
    /// Cells that the range of a number is cut into.
    public static let cells = 20
    /// Lanes of an observation that are looked at one by one; of an image, the first so many.
    public static let lanesLimit = 1_000

    public struct Spread: Sendable, Equatable {
        public let mean: Double
        /// Of the values, not of their mean: √(Σ(x − mean)² / n).
        public let standardDeviation: Double
        public let minimum: Double
        public let maximum: Double
    }

    /// How much of one lane's range was seen.
    public struct Lane: Sendable, Equatable {
        /// A JSON pointer into the observation or the action.
        public let pointer: String
        /// The space's bounds, or its first and last member; infinite where there is none.
        public let low: Double
        public let high: Double
        public let seenLow: Double
        public let seenHigh: Double
        /// Members of a category; cells between the bounds of a number, or between what was seen where it has none.
        public let cells: Int
        public let cellsSeen: Int
        public let isCategory: Bool
        /// Values outside the bounds.
        public let outside: Int
        /// Of a category with at most 64 members: the share of each.
        public let shares: [Double]
        /// Of a category: the member that is most frequent, and its share.
        public let mostFrequent: Int
        public let mostFrequentShare: Double

        public var share: Double { Double(cellsSeen) / Double(cells) }
    }

    /// Different actions in the same observation.
    public struct Contradictions: Sendable, Equatable {
        /// Observations in which more than one action was taken.
        public let observations: Int
        /// The steps that do other than what is done most often in their observation: what nobody can imitate who sees
        /// no more than the observation. As a share of all steps.
        public let share: Double
    }

    public struct Finding: Sendable, Equatable {
        public enum Severity: String, Sendable { case info, warning, error }

        public let kind: String
        public let severity: Severity
        /// For who is no expert: what was found, and what to do about it.
        public let sentence: String
    }

    public let episodes: Int
    public let steps: Int
    /// Of the episodes; nil where there is none.
    public let returns: Spread?
    public let lengths: Spread?
    public let terminated: Int
    public let truncated: Int
    public let observations: [Lane]
    public let actions: [Lane]
    /// Episodes that are equal to an earlier one, and steps that are.
    public let duplicateEpisodes: Int
    public let duplicateSteps: Int
    public let contradictions: Contradictions
    /// The same where each number is rounded to a hundredth of its range.
    public let roundedContradictions: Contradictions
    /// Steps whose action was not allowed.
    public let disallowed: Int

    /// - Precondition: the trajectories are of these spaces, which have a layout.
    public init(_ trajectories: [Trajectory], observation: Space, action: Space) {
        episodes = trajectories.count
        steps = trajectories.reduce(0) { $0 + $1.length }
        returns = Spread(trajectories.map(\.episodeReturn))
        lengths = Spread(trajectories.map { Double($0.length) })
        terminated = trajectories.count { $0.terminations.last ?? false }
        truncated = trajectories.count { !($0.terminations.last ?? false) && $0.truncations.last ?? false }
        let seen = SpaceLane.lanes(of: observation)
        let done = SpaceLane.lanes(of: action)
        observations = seen.prefix(Self.lanesLimit).enumerated().map { lane, meaning in
            Lane(meaning, lane: lane, width: seen.count, trajectories.map(\.observations))
        }
        actions = done.prefix(Self.lanesLimit).enumerated().map { lane, meaning in
            Lane(meaning, lane: lane, width: done.count, trajectories.map(\.actions))
        }
        duplicateEpisodes = Self.duplicates(
            trajectories.map { trajectory in
                var mark = Mark()
                mark.mix(trajectory.observations, 0..<trajectory.observations.count)
                mark.mix(trajectory.actions, 0..<trajectory.actions.count)
                for reward in trajectory.rewards { mark.mix(reward.bitPattern) }
                return mark.value
            })
        let exact = Marks(trajectories, seen.count, done.count, observations: nil, actions: actions)
        duplicateSteps = Self.duplicates(exact.steps)
        contradictions = exact.contradictions
        let rounded = Marks(trajectories, seen.count, done.count, observations: observations, actions: actions)
        roundedContradictions = rounded.contradictions
        if case .discrete(let space) = action {
            disallowed = trajectories.reduce(0) { $0 + $1.disallowed(space) }
        } else {
            disallowed = 0
        }
    }

    private static func duplicates(_ marks: [UInt64]) -> Int { marks.count - Set(marks).count }
}

extension DemonstrationQuality.Spread {
    init?(_ values: [Double]) {
        guard let minimum = values.min(), let maximum = values.max() else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        self.init(mean: mean, standardDeviation: variance.squareRoot(), minimum: minimum, maximum: maximum)
    }
}

extension DemonstrationQuality.Lane {
    /// Looks at lane `lane` of rows that are `width` lanes long.
    init(_ meaning: SpaceLane, lane: Int, width: Int, _ batches: [Lanes]) {
        var values: [Double] = []
        for batch in batches {
            for index in stride(from: lane, to: batch.count, by: width) { values.append(batch.double(index)) }
        }
        let seen = (low: values.min() ?? 0, high: values.max() ?? 0)
        switch meaning.kind {
        case .category(let start, let count):
            var counts: [Int: Int] = [:]
            for value in values { counts[Int(value), default: 0] += 1 }
            // Of two that are as frequent the smaller, so that the answer is always the same.
            let most = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
            let total = Double(max(1, values.count))
            self.init(
                pointer: meaning.pointer, low: Double(start), high: Double(start + count - 1), seenLow: seen.low,
                seenHigh: seen.high, cells: count, cellsSeen: counts.count, isCategory: true, outside: 0,
                shares: count <= 64 ? (start..<start + count).map { Double(counts[$0] ?? 0) / total } : [],
                mostFrequent: most?.key ?? start, mostFrequentShare: Double(most?.value ?? 0) / total)
        case .number(let low, let high):
            let bounded = low.isFinite && high.isFinite
            let (first, last) = bounded ? (low, high) : (seen.low, seen.high)
            var visited = Set<Int>()
            for value in values where value >= first && value <= last {
                visited.insert(Self.cell(value, first, last, of: DemonstrationQuality.cells))
            }
            self.init(
                pointer: meaning.pointer, low: low, high: high, seenLow: seen.low, seenHigh: seen.high,
                cells: first < last ? DemonstrationQuality.cells : 1, cellsSeen: visited.count, isCategory: false,
                outside: values.count { $0 < low || $0 > high }, shares: [], mostFrequent: 0, mostFrequentShare: 0)
        }
    }

    /// Which of `count` equal cells between two values a third is in; the nearest where it is outside.
    static func cell(_ value: Double, _ low: Double, _ high: Double, of count: Int) -> Int {
        // Halved first, since what lies between two large numbers may be beyond all numbers.
        let width = high / 2 - low / 2
        guard width > 0 else { return 0 }
        let share = (value / 2 - low / 2) / width
        guard share.isFinite else { return 0 }
        return Int(min(max(share * Double(count), 0), Double(count - 1)))
    }
}

extension Trajectory {
    /// The steps whose action its mask forbids.
    fileprivate func disallowed(_ space: Discrete) -> Int {
        guard !masks.isEmpty else { return 0 }
        return (0..<length).count { step in
            let member = Int(actions.integer(step)) - space.start
            return !masks[step * space.n + member]
        }
    }
}
