import Gym
import Learning
import Synchronization

/// Watches over what an agent does: its guard, with what was served and spent of late.
public final class Sentry: Sendable {
    /// What the guard's limits go by.
    private struct Watch {
        var latest = LatestActions()
        var spending: Spending?
    }

    /// A question to a guarded policy.
    public struct Question: Sendable {
        public var observations: Lanes
        public var rows: Int
        public var masks: [Bool]
        public var isDeterministic: Bool
        public var explains: Bool
        public var isExact: Bool
        /// Which episode each row belongs to.
        public var episodes: [String]
        /// What was served last in these, where whoever asks remembers it; nil where the sentry does.
        var latest: LatestActions?

        public init(
            observations: Lanes, rows: Int, masks: [Bool], isDeterministic: Bool, explains: Bool, isExact: Bool,
            episodes: [String]
        ) {
            self.observations = observations
            self.rows = rows
            self.masks = masks
            self.isDeterministic = isDeterministic
            self.explains = explains
            self.isExact = isExact
            self.episodes = episodes
        }
    }

    public let limits: Guard
    private let counts: OutcomeCounts
    private let watch: Mutex<Watch>
    private let mask = Mutex<[Bool]?>(nil)

    /// - Parameter previous: what was served and spent before under another guard counts.
    init(_ limits: Guard, counts: OutcomeCounts, after previous: Sentry? = nil) {
        self.limits = limits
        self.counts = counts
        var watch = previous?.watch.withLock { $0 } ?? Watch()
        watch.spending = limits.budget.map { budget in watch.spending?.under(budget) ?? Spending(budget) }
        self.watch = Mutex(watch)
    }

    /// Has a policy decide within what is allowed, and judges what it would do.
    /// - Throws: ``HostingError/refused(row:rules:)`` where something is refused and there is no fallback.
    public func ask(
        _ policy: Policy, _ question: Question, random: inout RandomGenerator, now: Double = Sentry.now
    ) throws(HostingError) -> (decisions: Decisions, verdict: Verdict) {
        let decisions: Decisions
        do throws(LearningError) {
            let masks = try policy.narrow(
                question.masks, question.observations, rows: question.rows, to: allowance(of: policy))
            decisions = try policy.decide(
                question.observations, rows: question.rows, masks: masks, deterministic: question.isDeterministic,
                details: question.explains || limits.confidenceFloor != nil, isExact: question.isExact,
                random: &random)
        } catch {
            throw .learning(error)
        }
        let confidences =
            limits.confidenceFloor.map { _ in (0..<question.rows).map { policy.confidence(decisions, row: $0) } } ?? []
        return (decisions, try judge(decisions.actions, confidences, question.episodes, question.latest, now: now))
    }

    /// The guard's lists as a mask; remembered, since the actions are the same nearly always.
    private func allowance(of policy: Policy) -> [Bool] {
        let form = policy.network.action
        return mask.withLock { mask in
            if let mask, mask.isEmpty || mask.count == form.maskWidth { return mask }
            let made = limits.mask(of: form)
            mask = made
            return made
        }
    }

    /// Judges rows of proposals. What was refused has changed nothing.
    /// - Parameters:
    ///   - confidences: of each row; empty where there is no floor, nil where nobody knows.
    ///   - now: seconds of a clock that never goes back.
    func judge(
        _ proposed: Lanes, _ confidences: [Float?] = [], _ episodes: [String], _ latest: LatestActions? = nil,
        now: Double = Sentry.now
    ) throws(HostingError) -> Verdict {
        do {
            let verdict = try watch.withLock { watch throws(HostingError) in
                var judgement = Judgement(limits, proposed, spending: watch.spending, now: now)
                for (row, episode) in episodes.enumerated() {
                    try judgement.judge(
                        row, confidence: confidences.isEmpty ? nil : .some(confidences[row]), episode,
                        latest ?? watch.latest)
                }
                watch.spending = judgement.spending
                if latest == nil {
                    for (episode, action) in judgement.latest { watch.latest.note(action, in: episode) }
                }
                return judgement.verdict
            }
            counts.note(verdict.outcomes)
            return verdict
        } catch {
            counts.noteRefusal()
            throw error
        }
    }

    /// Seconds of a clock that never goes back.
    public static var now: Double { start.duration(to: .now) / .seconds(1) }
    private static let start = ContinuousClock.now
}

/// How often guards came to each outcome.
final class OutcomeCounts: Sendable {
    private let counts = Mutex(
        (outcomes: [Int](repeating: 0, count: Verdict.Outcome.allCases.count), refused: 0))

    init() {}

    func note(_ outcomes: [Verdict.Outcome]) {
        counts.withLock { counts in for outcome in outcomes { counts.outcomes[Int(outcome.rawValue)] += 1 } }
    }

    func noteRefusal() { counts.withLock { $0.refused += 1 } }

    /// By words.
    var all: [(word: String, count: Int)] {
        let counts = counts.withLock { $0 }
        return Verdict.Outcome.allCases.map { ($0.word, counts.outcomes[Int($0.rawValue)]) } + [
            ("refused", counts.refused)
        ]
    }
}
