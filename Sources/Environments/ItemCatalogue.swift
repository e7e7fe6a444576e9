import Gym

/// The items of ``Recommender``: rows of features that follow from an item's number and its generation alone.
///
/// Eight traits and a quality, each uniform in [-1, 1): number k (quality is 8) is ``SplitMix/symmetric(_:)`` of the
/// seed 2³² · generation + item. Each generation replaces one item of each pair (0, 1), (2, 3), … by a new one under the
/// same number: that whose last bit is that of word 0 of the seed 2⁶³ + 2³² · generation + pair. So two generations in a
/// row share half of their items, and whoever is the newest of a number is found without those before it.
enum ItemCatalogue {
    static let traits = 8
    static let width = traits + 1
    static let counts = 2...1_000_000
    static let generations = 0...10_000

    static func features(count: Int, generation: Int) -> ActionFeatures {
        var values: [Float] = []
        values.reserveCapacity(count * width)
        for item in 0..<count {
            let numbers = SplitMix(seed: seed(born(item, by: generation), item))
            for feature in 0..<width { values.append(numbers.symmetric(feature)) }
        }
        return ActionFeatures(width: width, values: values)
    }

    /// The generation in which the item came that has this number in `generation`.
    private static func born(_ item: Int, by generation: Int) -> Int {
        var born = generation
        while born > 0 && !isNew(item, in: born) { born -= 1 }
        return born
    }

    private static func isNew(_ item: Int, in generation: Int) -> Bool {
        SplitMix(seed: 1 << 63 | seed(generation, item / 2))[0] & 1 == UInt64(item % 2)
    }

    private static func seed(_ generation: Int, _ number: Int) -> UInt64 { UInt64(generation) << 32 | UInt64(number) }
}
