@testable import API
import Gym

/// Spaces that episodes and answers are of, one pair for each kind of layout.
enum Pairs {
    struct Pair {
        let observation: Space
        let action: Space
        let reader: EpisodeReader
    }

    static let all: [Pair] = [
        (box([2]), .discrete(Discrete(3))),
        (.discrete(Discrete(5, start: -2)), box([1], .float64)),
        (.dict(Dict([.init("a", box([2])), .init("b", .discrete(Discrete(2)))])), .multiBinary(MultiBinary(3))),
        (
            .tuple(Tuple([box([1, 2], .uint8), box([1], .int64)])),
            .tuple(Tuple([.discrete(Discrete(2)), box([2], .float64)]))
        ),
        (.multiDiscrete(MultiDiscrete([2, 3])), .multiDiscrete(MultiDiscrete([4], start: [7]))),
        (box([3], .uint64), .discrete(Discrete(2, start: 1))),
    ].map { observation, action in
        guard let reader = try? EpisodeReader(observation: observation, action: action) else {
            fatalError("the spaces have no layout")
        }
        return Pair(observation: observation, action: action, reader: reader)
    }

    private static func box(_ shape: [Int], _ dtype: DType = .float32) -> Space {
        .box(Box(low: dtype.isFloat ? -1 : 0, high: 100, shape: shape, dtype: dtype))
    }

    /// The pair that the first byte chooses, and the bytes behind it.
    static func choose(_ bytes: [UInt8]) -> (pair: Pair, rest: [UInt8])? {
        guard let first = bytes.first else { return nil }
        return (all[Int(first) % all.count], Array(bytes.dropFirst()))
    }
}
