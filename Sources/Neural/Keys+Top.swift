extension Keys {
    /// The `most` best allowed keys, best first, of equals the first first; fewer where fewer are allowed.
    public func top(_ most: Int, _ query: Rows<Float>, masks: KeyMasks = .none) -> [ScoredKey] {
        precondition(most >= 0)
        var best = BestKeys(places: most)
        forEachBlock(query, rows: 1, masks: masks) { block in
            guard block.largest(0) > best.bar else { return }
            let scores = block.scores(0)
            for key in block.keys {
                let score = scores[key - block.keys.lowerBound]
                guard score > best.bar else { continue }
                best.offer(ScoredKey(key: Int32(key), score: score))
            }
        }
        return best.sorted
    }
}
