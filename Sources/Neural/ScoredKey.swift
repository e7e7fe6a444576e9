/// A key, and its inner product with the query that it was found for.
public struct ScoredKey: Sendable, Equatable {
    public let key: Int32
    public let score: Float

    public init(key: Int32, score: Float) {
        self.key = key
        self.score = score
    }

    /// Of equals the first is the better one.
    func isBetter(than other: ScoredKey) -> Bool {
        score > other.score || (score == other.score && key < other.key)
    }
}

/// The best of all that were offered, kept as a heap with the worst of them on top.
struct BestKeys {
    private let places: Int
    private var heap: [ScoredKey] = []

    init(places: Int) {
        self.places = places
    }

    /// What is not above it need not be offered.
    var bar: Float { heap.count < places ? -.infinity : heap.first?.score ?? .infinity }

    /// Best first.
    var sorted: [ScoredKey] { heap.sorted { $0.isBetter(than: $1) } }

    mutating func offer(_ newcomer: ScoredKey) {
        if heap.count < places {
            heap.append(newcomer)
            rise()
        } else if let worst = heap.first, newcomer.isBetter(than: worst) {
            heap[0] = newcomer
            sink()
        }
    }

    private mutating func rise() {
        var place = heap.count - 1
        while place > 0, heap[(place - 1) / 2].isBetter(than: heap[place]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink() {
        var place = 0
        while true {
            var worst = place
            for child in 2 * place + 1...2 * place + 2 where child < heap.count {
                if heap[worst].isBetter(than: heap[child]) { worst = child }
            }
            guard worst != place else { return }
            heap.swapAt(place, worst)
            place = worst
        }
    }
}
