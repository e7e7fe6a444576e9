import CKernels
import Glibc

/// What takes the scores of one query to probabilities: p = exp(score − log Σ exp), the sum over all allowed keys.
public struct KeyNormalizer: Sendable, Equatable {
    /// The largest score, minus infinity where no key is allowed.
    public let largest: Float
    /// log Σ exp(score), minus infinity where no key is allowed.
    public let logSum: Float

    public func logProbability(ofScore score: Float) -> Float { score - logSum }
}

extension Keys {
    public func normalizer(_ query: Rows<Float>, masks: KeyMasks = .none) -> KeyNormalizer {
        BlockSums(self, query, masks).normalizer
    }

    /// A key drawn by the softmax of the scores; nil where none is allowed. The table is read once, and of it one block
    /// again.
    /// - Parameter uniform: in [0, 1); the same number draws the same key.
    public func sample(
        _ query: Rows<Float>, masks: KeyMasks = .none, uniform: Double
    ) -> (choice: ScoredKey, normalizer: KeyNormalizer)? {
        precondition((0..<1).contains(uniform))
        let sums = BlockSums(self, query, masks)
        guard let (keys, share) = sums.block(at: uniform) else { return nil }
        var choice: ScoredKey?
        forEachBlock(query, rows: 1, masks: masks, in: keys) { block in
            choice = block.draw(share)
        }
        return choice.map { ($0, sums.normalizer) }
    }
}

/// Of each block the largest score, and how much its keys weigh beside it.
private struct BlockSums {
    private let count: Int
    private var maxima: [Float] = []
    private var sums: [Float] = []

    init(_ keys: Keys, _ query: Rows<Float>, _ masks: KeyMasks) {
        count = keys.count
        var (maxima, sums): ([Float], [Float]) = ([], [])
        keys.forEachBlock(query, rows: 1, masks: masks) { block in
            let largest = block.largest(0)
            maxima.append(largest)
            sums.append(
                largest > -.infinity ? kernel_exponentials(block.keys.count, largest, block.scores(0)) : 0)
        }
        (self.maxima, self.sums) = (maxima, sums)
    }

    private var largest: Float { maxima.max() ?? -.infinity }

    /// What each block weighs beside the largest score of all.
    private var weights: [Double] {
        let largest = largest
        return zip(maxima, sums).map { $1 > 0 ? Double($1) * exp(Double($0 - largest)) : 0 }
    }

    var normalizer: KeyNormalizer {
        let largest = largest
        guard largest > -.infinity else { return KeyNormalizer(largest: largest, logSum: largest) }
        return KeyNormalizer(largest: largest, logSum: Float(Double(largest) + log(weights.reduce(0, +))))
    }

    /// The block within whose part of all probability a number lies, and how far into that part.
    func block(at uniform: Double) -> (keys: Range<Int>, share: Double)? {
        let weights = weights
        var left = uniform * weights.reduce(0, +)
        guard let last = weights.lastIndex(where: { $0 > 0 }) else { return nil }
        for (block, weight) in weights.enumerated() where weight > 0 {
            if left < weight || block == last {
                let start = block * KeyBlock.keys
                return (start..<min(start + KeyBlock.keys, count), min(left / weight, 1))
            }
            left -= weight
        }
        return nil
    }
}

extension KeyBlock {
    /// The key within whose part of the block's probability `share` lies.
    fileprivate func draw(_ share: Double) -> ScoredKey? {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: keys.count) { weights in
            guard let weights = weights.baseAddress else { return nil }
            let scores = scores(0)
            weights.update(from: scores, count: keys.count)
            var left = share * Double(kernel_exponentials(keys.count, largest(0), weights))
            var choice: ScoredKey?
            for place in 0..<keys.count where weights[place] > 0 {
                choice = ScoredKey(key: Int32(keys.lowerBound + place), score: scores[place])
                left -= Double(weights[place])
                if left < 0 { break }
            }
            return choice
        }
    }
}
