import Gym

/// A guard's verdict in the making, row after row.
struct Judgement {
    private let limits: Guard
    private let now: Double
    private let width: Int
    private(set) var verdict: Verdict
    private(set) var spending: Spending?
    /// What these rows have served last in each episode.
    private(set) var latest: [String: [Double]] = [:]

    init(_ limits: Guard, _ proposed: Lanes, spending: Spending?, now: Double) {
        self.limits = limits
        self.spending = spending
        self.now = now
        width = limits.lanes.count
        verdict = Verdict(proposed)
    }

    /// - Parameters:
    ///   - confidence: nil where it does not matter, `.some(nil)` where nobody knows.
    ///   - known: what was served before these rows.
    mutating func judge(
        _ row: Int, confidence: Float??, _ episode: String, _ known: LatestActions
    ) throws(HostingError) {
        let proposal = (0..<width).map { verdict.proposed.double(row * width + $0) }
        let previous = limits.limitsChange ? latest[episode] ?? known[episode] : nil
        var refusal = objections(to: proposal, row, confidence)
        var (served, rules) = (proposal, Verdict.Rules())
        if limits.mode == .shadow {
            // The policy's action follows the fallback nowhere: only what it is itself can be against the rules.
            rules = refusal.contains(.finite) ? [] : limited(proposal, after: nil).rules
        } else if refusal.isEmpty {
            (served, rules) = limited(proposal, after: previous)
            if !affords(served) { refusal.insert(.budget) }
        }
        rules.formUnion(refusal)
        var outcome = rules.isEmpty ? Verdict.Outcome.allowed : .changed
        if limits.mode == .shadow || !refusal.isEmpty {
            guard let fallback = limits.fallback else { throw .refused(row: row, rules: refusal) }
            let safe = limited((0..<width).map(fallback.double), after: previous)
            served = safe.action
            rules.formUnion(safe.rules)
            outcome = limits.mode == .shadow ? .shadow : .fallback
        }
        serve(served, in: row, outcome, rules)
        if limits.limitsChange { latest[episode] = served }
    }

    /// What refuses a proposal as it is.
    private func objections(to proposal: [Double], _ row: Int, _ confidence: Float??) -> Verdict.Rules {
        var rules: Verdict.Rules = []
        for (lane, number) in zip(limits.lanes, proposal) {
            if !number.isFinite {
                rules.insert(.finite)
            } else if lane.isListed {
                rules.formUnion(lane.objection(to: Int64(number)))
            }
        }
        // What nobody knows is not enough, and neither is what is no number.
        if let floor = limits.confidenceFloor, let confidence, !(Double(confidence ?? .nan) >= floor) {
            rules.insert(.confidence)
        }
        return rules
    }

    private func limited(_ action: [Double], after previous: [Double]?) -> (action: [Double], rules: Verdict.Rules) {
        var (action, rules) = (action, Verdict.Rules())
        for (index, lane) in limits.lanes.enumerated() where !lane.isChoice {
            let limited = lane.limit(action[index], after: previous?[index])
            action[index] = limited.value
            rules.formUnion(limited.rules)
        }
        return (action, rules)
    }

    /// Spends what an action costs, where that is left.
    private mutating func affords(_ action: [Double]) -> Bool {
        guard let unit = limits.budget?.unit else { return true }
        let magnitude = zip(limits.lanes, action).reduce(0) { $1.0.isChoice ? $0 : $0 + abs($1.1) }
        return spending?.take(unit == .actions ? 1 : magnitude, at: now) ?? true
    }

    private mutating func serve(
        _ action: [Double], in row: Int, _ outcome: Verdict.Outcome, _ rules: Verdict.Rules
    ) {
        verdict.outcomes.append(outcome)
        verdict.rules.append(rules)
        guard outcome != .allowed else { return }
        for (lane, number) in action.enumerated() { verdict.served.set(row * width + lane, to: number) }
    }
}
