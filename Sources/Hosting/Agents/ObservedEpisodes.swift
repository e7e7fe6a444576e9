import Learning

/// How far the episodes of clients were observed, so that a step that is sent again, because its reply was lost, is not
/// learned twice.
struct ObservedEpisodes {
    /// So many episodes are remembered at least, those longest untouched are forgotten first.
    static let least = 4_096

    /// Of each episode the step that comes next, and when it was touched.
    private var episodes: [String: (next: Int, touch: Int)] = [:]
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
    mutating func note(_ transitions: Transitions) {
        for (id, step) in zip(transitions.episodeIDs, transitions.steps) {
            guard let step else { continue }
            touches += 1
            episodes[id] = (step + 1, touches)
        }
        guard episodes.count > 2 * Self.least else { return }
        let oldest = episodes.values.map(\.touch).sorted()[episodes.count - Self.least]
        episodes = episodes.filter { $0.value.touch >= oldest }
    }
}
