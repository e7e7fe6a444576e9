/// What somebody may have meant.
enum Spelling {
    /// At most three, the most alike first.
    static func nearest(to word: String, among known: [String]) -> [String] {
        let distances = known.map { (word: $0, distance: distance(word, $0)) }
        return distances.sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }.prefix(3).map(\.word)
    }

    /// Letters to insert, delete or replace on the way from one to the other (Levenshtein).
    private static func distance(_ from: String, _ to: String) -> Int {
        let to = Array(to)
        var row = Array(0...to.count)
        for (index, letter) in from.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in to.indices {
                let replaced = diagonal + (to[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[to.count]
    }
}
