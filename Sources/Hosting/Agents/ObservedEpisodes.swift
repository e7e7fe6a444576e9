import Learning

/// How far the episodes of clients were observed, so that a step that is sent again, because its reply was lost, is not
/// learned twice; and what each has brought.
struct ObservedEpisodes {
    /// So many episodes are remembered at least, those longest untouched are forgotten first.
    static let least = 4_096

    /// Of each episode the step that comes next, the rewards so far, and when it was touched.
    private var episodes: [String: (next: Int, sum: Double, touch: Int)] = [:]
    private var touches = 0

    /// The rows that were not observed before. Whatever is later than what was expected counts: what lies between was lost
    /// or is none of the agent's.
    func fresh(_ transitions: Transitions) -> [Int] {
        let rows = transitions.rewards.indices
        guard !transitions.steps.isEmpty else { return Array(rows) }
        var here: [String: Int] = [:]
        return rows.filter { row in
            guard let step = transitions.steps[row] else { return true }
            let id = transitions.episodeIDs[row]
            guard step >= here[id] ?? episodes[id]?.next ?? 0 else { return false }
            here[id] = step + 1
            return true
        }
    }

    /// Notes that these were observed.
    /// - Returns: the returns of the episodes that ended with them.
    mutating func note(_ transitions: Transitions) -> [Double] {
        var returns: [Double] = []
        for (row, id) in transitions.episodeIDs.enumerated() {
            touches += 1
            let before = episodes[id]
            let step = transitions.steps.isEmpty ? nil : transitions.steps[row]
            var sum = (before?.sum ?? 0) + transitions.rewards[row]
            if transitions.terminated[row] || transitions.truncated[row] {
                returns.append(sum)
                sum = 0
            }
            episodes[id] = (step.map { $0 + 1 } ?? before?.next ?? 0, sum, touches)
        }
        forget()
        return returns
    }

    private mutating func forget() {
        guard episodes.count > 2 * Self.least else { return }
        let oldest = episodes.values.map(\.touch).sorted()[episodes.count - Self.least]
        episodes = episodes.filter { $0.value.touch >= oldest }
    }
}
