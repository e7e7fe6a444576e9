import Gym

/// Recommends the item that promises most to a user whose interests are as the profile says.
struct RecommenderSearch: Expert {
    static let spec = ExpertSpec(
        id: "recommender-search",
        summary: """
            Of the whole catalogue the item of the most expected minutes watched, less 1.5 for each minute that it is \
            expected to cost, were the profile the user's interests. It knows the world's rules; it tries nothing out.
            """,
        environments: Recommender.specs.map(\.id)
    ) { vector, _ in
        guard let items = vector.actionFeatures else { preconditionFailure("a recommender's items have features") }
        return RecommenderSearch(items)
    }

    /// Minutes watched that a minute left is worth to who recommends well.
    private static let minuteValue = 1.5
    private static let blockSize = 256

    /// By falling quality, in blocks.
    private let blocks: [Block]
    private let count: Int

    private struct Block {
        var items: [Int] = []
        var gains: [Double] = []
        /// [traits, items].
        var traits: [Float] = []
    }

    init(_ items: ActionFeatures) {
        func quality(_ item: Int) -> Float { items.values[item * ItemCatalogue.width + ItemCatalogue.traits] }
        let order = (0..<items.count).sorted { (quality($0), $1) > (quality($1), $0) }
        count = items.count
        blocks = stride(from: 0, to: count, by: Self.blockSize).map { start in
            let members = Array(order[start..<min(start + Self.blockSize, order.count)])
            let traits = (0..<ItemCatalogue.traits).flatMap { trait in
                members.map { items.values[$0 * ItemCatalogue.width + trait] }
            }
            return Block(items: members, gains: members.map { Self.gain(Double(quality($0))) }, traits: traits)
        }
    }

    /// What is gained where an item of this quality is watched rather than not.
    private static func gain(_ quality: Double) -> Double {
        let cost = Recommender.length * (1 - Recommender.qualityShare * quality)
        return Recommender.length - minuteValue * (cost - Recommender.skipped)
    }

    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        let lanes = Float.array(of: observations)
        let width = lanes.count / max(rows, 1)
        var scores = [Float](repeating: 0, count: Self.blockSize)
        return .int64(
            (0..<rows).map { row in
                let profile = Array(lanes[row * width..<row * width + ItemCatalogue.traits])
                return Int64(best(for: profile, masks.dropFirst(row * count), &scores))
            })
    }

    /// The first of the best items that are allowed.
    private func best(for profile: [Float], _ mask: ArraySlice<Bool>, _ scores: inout [Float]) -> Int {
        func isAllowed(_ item: Int) -> Bool { mask.isEmpty || mask[mask.startIndex + item] }
        // No score is above this, and a little more for what rounding adds.
        let highest = profile.reduce(0) { $0 + abs($1) } * 1.0001
        var best = (item: mask.firstIndex(of: true).map { $0 - mask.startIndex } ?? 0, value: -Double.infinity)
        for block in blocks {
            // Gains only fall from here on.
            let gain = max(block.gains[0], 0)
            if gain * Recommender.chance(Double(highest)) < best.value { break }
            let top = Self.score(block, profile, &scores)
            if gain * Recommender.chance(Double(top)) < best.value { continue }
            for (index, item) in block.items.enumerated() {
                let value = block.gains[index] * Recommender.chance(Double(scores[index]))
                if value > best.value && isAllowed(item) { best = (item, value) }
            }
        }
        return best.item
    }

    /// Writes the inner products of a block's items with the profile.
    /// - Returns: the highest.
    private static func score(_ block: Block, _ profile: [Float], _ scores: inout [Float]) -> Float {
        let size = block.items.count
        for index in 0..<size { scores[index] = 0 }
        for (trait, weight) in profile.enumerated() {
            let start = trait * size
            for index in 0..<size { scores[index] += weight * block.traits[start + index] }
        }
        return scores[..<size].reduce(-.infinity) { max($0, $1) }
    }
}
