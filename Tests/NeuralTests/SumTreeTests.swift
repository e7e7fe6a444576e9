import CKernels
import Glibc
import Neural
import Testing

extension KernelTests {
    /// Weights of which a third are nothing.
    private static let weights = sequence(1_000, 3).enumerated().map { $0 % 3 == 0 ? 0 : abs($1) + 0.01 }

    private func tree() -> SumTree {
        var (tree, weights) = (SumTree(count: Self.weights.count), Self.weights)
        tree.set(weights.indices.map { Int32($0) }, of: weights.indices, to: &weights)
        return tree
    }

    @Test(arguments: Int32(0)...2)
    func `leaves are found in proportion to their weights`(_ level: Int32) {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        let tree = tree()
        let sum = Self.weights.reduce(0.0) { $0 + Double($1) }
        #expect(abs(Double(tree.total) / sum - 1) < 1e-6)
        let count = 100_003
        var places = (0..<count).map { (Float($0) + 0.5) / Float(count) * tree.total }
        var found = [Int32](repeating: -1, count: count)
        tree.find(&places, &found, walks: 0..<count)
        var hits = [Int](repeating: 0, count: Self.weights.count)
        for leaf in found { hits[Int(leaf)] += 1 }
        #expect(places == found.map { Self.weights[Int($0)] })
        for (leaf, weight) in Self.weights.enumerated() {
            #expect(weight > 0 ? abs(Double(hits[leaf]) - Double(weight) / sum * Double(count)) < 3 : hits[leaf] == 0)
        }
        // At the very end, where rounding might lead beyond.
        (places, found) = ([tree.total, 0], [0, 0])
        tree.find(&places, &found, walks: 0..<2)
        #expect(found == [998, 1])
    }

    @Test(arguments: Int32(0)...2, [1, 3, 101])
    func `setting many weights is setting each, the last where a leaf is named twice`(_ level: Int32, _ count: Int) {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        var (many, each) = (tree(), tree())
        let indices = (0..<2 + count).map { Int32($0 * 37 % 50 * 19) }
        var weights = sequence(count, 4).map(abs)
        for (index, weight) in zip(indices[2...], weights) { each.set(Int(index), to: weight) }
        many.set(indices, of: 2..<2 + count, to: &weights)
        #expect(many.total == each.total && many.weights(count: 1_000) == each.weights(count: 1_000))
        var places = (0..<200).map { (Float($0) + 0.5) / 200 * each.total }
        var (found, others, same) = ([Int32](repeating: 0, count: 200), [Int32](repeating: 0, count: 200), places)
        many.find(&places, &found, walks: 0..<200)
        each.find(&same, &others, walks: 0..<200)
        #expect(found == others && places == same)
    }

    @Test(arguments: Int32(0)...2, [1, 15, 16, 50])
    func `the largest and the least are found wherever they are`(_ level: Int32, _ count: Int) {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        let numbers = sequence(count, 5).map { abs($0) + 0.5 }
        for place in 0..<count {
            var some = numbers
            some[place] = 9
            #expect(Extremes.largest(some.map(-)) == -(some.min() ?? 0) && Extremes.largest(some) == 9)
            some[place] = 0.25
            var divided = [0.1] + some + [0.1]
            Extremes.divideByLeast(&divided, in: 1..<count + 1)
            #expect(divided == [0.1] + some.map { $0 / 0.25 } + [0.1])
        }
        #expect(Extremes.largest([]) == -.infinity)
    }

    @Test(arguments: Int32(0)...2)
    func `powers keep to what is promised`(_ level: Int32) {
        _ = kernels_limit(level)
        defer { _ = kernels_limit(2) }
        let numbers = (0..<2_001).map { Float(pow(10, Double($0 - 1_000) / 150)) }
        for exponent in [-1, -0.4, 0, 0.6, 1] as [Float] {
            var raised = numbers
            Powers.raise(&raised, in: 1..<2_000, to: exponent)
            #expect(raised[0] == numbers[0] && raised[2_000] == numbers[2_000])
            for (number, power) in zip(numbers[1..<2_000], raised[1..<2_000]) {
                #expect(abs(Double(power) / pow(Double(number), Double(exponent)) - 1) < 0x1p-20)
            }
        }
    }
}
