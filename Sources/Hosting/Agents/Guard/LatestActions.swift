/// What was served last in each of some episodes: those of late, so many at most.
struct LatestActions: Sendable {
    private let limit: Int
    private var entries: [String: (action: [Double], turn: Int)] = [:]
    private var turn = 0

    init(limit: Int = 10_000) { self.limit = limit }

    subscript(episode: String) -> [Double]? { entries[episode]?.action }

    mutating func note(_ action: [Double], in episode: String) {
        turn += 1
        if entries.count >= limit, entries[episode] == nil { makeRoom() }
        entries[episode] = (action, turn)
    }

    mutating func forget(_ episode: String) { entries[episode] = nil }

    /// Forgets an eighth at once, so that a new episode does not look through all each time.
    private mutating func makeRoom() {
        let oldest = entries.values.map(\.turn).sorted()[entries.count / 8]
        entries = entries.filter { $0.value.turn > oldest }
    }
}
