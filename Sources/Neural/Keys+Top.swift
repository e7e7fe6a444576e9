extension Keys {
    /// The `most` best allowed keys, best first, of equals the first first; fewer where fewer are allowed.
    public func top(_ most: Int, _ query: Rows<Float>, masks: KeyMasks = .none) -> [ScoredKey] {
        precondition(most >= 0)
        var shortlist = Shortlist(places: most)
        forEachBlock(query, rows: 1, masks: masks) { block in
            guard block.largest(0) > shortlist.bar else { return }
            let scores = block.scores(0)
            for key in block.keys {
                let score = scores[key - block.keys.lowerBound]
                guard score > shortlist.bar else { continue }
                shortlist.offer(ScoredKey(key: Int32(key), score: score))
            }
        }
        return shortlist.sorted
    }
}
