import Neural
import Testing

@Suite struct KeyIndexTests {
    static let (count, dimension) = (3_000, 32)

    /// Features with twelve degrees of freedom, to one side of the origin, of lengths that differ by a half.
    static let values: [Float] = features(count, seed: 1, offset: 0.5)
    static let queries: [Float] = features(50, seed: 2, offset: 0)
    static let keys = Keys(values, dimension: dimension)
    static let query = Rows(queries, stride: dimension)

    static func features(_ rows: Int, seed: UInt64, offset: Float) -> [Float] {
        var (basis, noise) = (Noise(7), Noise(seed))
        let map = (0..<12 * dimension).map { _ in Float.random(in: -1...1, using: &basis) }
        return (0..<rows).flatMap { _ in
            let hidden = (0..<12).map { _ in Float.random(in: -1...1, using: &noise) }
            let length = Float.random(in: 0.7...1.3, using: &noise)
            return (0..<dimension).map { column in
                let sum = (0..<12).reduce(Float(0)) { $0 + hidden[$1] * map[$1 * dimension + column] }
                return length * (offset + sum / (1 + abs(sum)))
            }
        }
    }

    static let best = (0..<50).map { keys.top(10, query.row($0)) }

    /// A key that answers the first query better than all others.
    static var winner: [Float] { queries.prefix(dimension).map { 20 * $0 } }

    @Test func `finds what exact search finds, with the same scores`() throws {
        let index = try KeyIndex(Self.keys)
        #expect(index.count == Self.count)
        let recall = try index.recall(of: Self.best, Self.query, effort: 64)
        #expect(recall >= 0.95)
        var scores = [Float](repeating: 0, count: Self.count)
        Self.keys.scores(Self.query, to: &scores)
        let found = try index.search(Self.query, most: 20, effort: 64)
        #expect(found.count == 20 && Set(found.map(\.key)).count == 20)
        #expect(found.allSatisfy { $0.score == scores[Int($0.key)] })
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
    }

    /// Keys and queries as a network makes them of `degrees` numbers: the best are far out, and in several places.
    private static func bent(_ rows: Int, degrees: Int, seed: UInt64, by weights: UInt64) -> [Float] {
        var (weight, noise) = (Noise(weights), Noise(seed))
        func layer(_ inputs: Int, _ outputs: Int) -> [Float] {
            let bound = 1 / Float(inputs).squareRoot()
            return (0..<(inputs + 1) * outputs).map { _ in Float.random(in: -bound...bound, using: &weight) }
        }
        func apply(_ layer: [Float], _ input: [Float]) -> [Float] {
            let outputs = layer.count / (input.count + 1)
            return (0..<outputs).map { output in
                (input + [1]).enumerated().reduce(0) { $0 + $1.element * layer[$1.offset * outputs + output] }
            }
        }
        let (first, second) = (layer(degrees, 64), layer(64, dimension))
        return (0..<rows).flatMap { _ in
            let input = (0..<degrees).map { _ in Float.random(in: -1.7...1.7, using: &noise) }
            return apply(second, apply(first, input).map { max($0, 0) })
        }
    }

    @Test(arguments: [1, 3]) func `finds the best on a bent surface`(_ degrees: Int) throws {
        let keys = Keys(Self.bent(2_000, degrees: degrees, seed: 1, by: 2), dimension: Self.dimension)
        let queries = Rows(Self.bent(100, degrees: degrees, seed: 3, by: 4), stride: Self.dimension)
        let best = (0..<100).map { keys.top(10, queries.row($0)) }
        let index = try KeyIndex(keys)
        let (recall, first) = (
            try index.recall(of: best, queries, effort: 64),
            try index.recall(of: best.map { Array($0.prefix(1)) }, queries, effort: 64)
        )
        #expect(recall >= 0.95 && first >= 0.95, "\(recall), \(first)")
    }

    @Test func `says how little it finds where it hardly looks`() throws {
        let index = try KeyIndex(Self.keys, links: 2, effort: 1)
        let recall = try index.recall(of: Self.best, Self.query, effort: 10)
        #expect(recall < 0.9)
    }

    @Test func `finds only what masks allow`() throws {
        let index = try KeyIndex(Self.keys)
        let (odd, third) = (
            (0..<Self.count).map { UInt8($0 % 2) }, (0..<Self.count).map { UInt8($0 % 3 == 0 ? 1 : 0) }
        )
        let masks = KeyMasks(Rows(odd), shared: third)
        let best = [Self.keys.top(10, Self.query, masks: masks)]
        let recall = try index.recall(of: best, Self.query, effort: 200, masks: masks)
        #expect(recall >= 0.8)
        let found = try index.search(Self.query, most: 10, effort: 200, masks: masks)
        #expect(found.count == 10 && found.allSatisfy { $0.key % 6 == 3 })
        let short = try index.search(Self.query, most: 10, effort: 200, masks: KeyMasks(shared: [1, 1, 1]))
        #expect(short.allSatisfy { $0.key < 3 })
    }

    @Test func `never finds a removed key, and a replaced one where it is now`() throws {
        let index = try KeyIndex(Self.keys)
        let best = Self.keys.top(20, Self.query).map(\.key)
        #expect(best.allSatisfy { index.remove($0) })
        #expect(!index.remove(best[0]) && !index.remove(Int32(Self.count)))
        #expect(index.count == Self.count - 20)
        let left = Set(try index.search(Self.query, most: 500, effort: 500).map(\.key))
        #expect(left.isDisjoint(with: best))

        let weakest = try #require(Self.keys.top(Self.count, Self.query).last).key
        try index.insert(weakest, Self.winner)
        #expect(try index.search(Self.query, most: 1, effort: 64).map(\.key) == [weakest])
        try index.insert(best[3], Array(Self.values[Int(best[3]) * 32..<Int(best[3] + 1) * 32]))
        #expect(try index.search(Self.query, most: 2, effort: 64).map(\.key) == [weakest, best[3]])
        #expect(index.count == Self.count - 19)
    }

    @Test func `grows with new keys`() throws {
        let index = try KeyIndex(Keys(Array(Self.values.prefix(100 * 32)), dimension: 32))
        let bytes = index.byteCount
        for key in 100..<1_000 {
            try index.insert(Int32(3 * key), Array(Self.values[key * 32..<(key + 1) * 32]))
        }
        #expect(index.count == 1_000)
        #expect(index.byteCount - bytes > 900 * (4 * 32 + 8 * 16))
        let keys = Keys(Array(Self.values.prefix(1_000 * 32)), dimension: 32)
        let best = keys.top(10, Self.query).map { $0.key < 100 ? $0.key : 3 * $0.key }
        let found = Set(try index.search(Self.query, most: 10, effort: 100).map(\.key))
        #expect(found.intersection(best).count >= 9)
    }

    @Test func `goes on when every key was removed`() throws {
        let index = try KeyIndex(Keys(Array(Self.values.prefix(300 * 32)), dimension: 32))
        for key in Int32(0)..<300 { index.remove(key) }
        #expect(index.count == 0)
        #expect(try index.search(Self.query, most: 10, effort: 300).isEmpty)
        for key in Int32(290)..<310 { try index.insert(key, Self.winner) }
        let found = try index.search(Self.query, most: 30, effort: 400)
        #expect(found.count == 20 && found.allSatisfy { (290..<310).contains($0.key) })
    }

    @Test func `building can be interrupted, and says how far it is`() throws {
        var built: [Int] = []
        #expect(throws: NeuralError.interrupted) {
            try KeyIndex(Self.keys) { done in
                built.append(done)
                return done < 1_000
            }
        }
        #expect(built.first == 0 && built.last.map { $0 >= 1_000 && $0 < 2_000 } == true)
        built = []
        _ = try KeyIndex(Keys(Array(Self.values.prefix(600 * 32)), dimension: 32)) { done in
            built.append(done)
            return true
        }
        #expect(built == built.sorted() && built.last == 600)
    }

    @Test func `the same keys make the same index`() throws {
        let found = try (0..<2).map { _ in
            try KeyIndex(Self.keys, links: 4, effort: 8).search(Self.query, most: 30, effort: 30)
        }
        #expect(found[0] == found[1])
    }

    @Test func `many threads search while keys come`() async throws {
        let index = try KeyIndex(Keys(Array(Self.values.prefix(1_000 * 32)), dimension: 32))
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try (0..<200).map { _ in try index.search(Self.query, most: 10, effort: 50).count }.min() ?? 0
                }
            }
            group.addTask {
                for key in 1_000..<1_500 {
                    try index.insert(Int32(key), Array(Self.values[key * 32..<(key + 1) * 32]))
                }
                return 10
            }
            return try await group.reduce(10, min)
        }
        #expect(most == 10 && index.count == 1_500)
    }

    @Test func `what is not a number is not found`() throws {
        let nan = [Float](repeating: .nan, count: 32)
        let index = try KeyIndex(Keys(nan + Array(Self.values.prefix(400 * 32)) + nan, dimension: 32))
        #expect(index.count == 400)
        let found = try index.search(Self.query, most: 500, effort: 500)
        #expect(found.count > 390 && found.allSatisfy { $0.key != 0 && $0.key != 401 && $0.score.isFinite })
        try index.insert(found[0].key, [.infinity] + Array(nan.dropFirst()))
        #expect(try index.search(Self.query, most: 1, effort: 50).map(\.key) == [found[1].key])
        #expect(try index.search(Rows(nan), most: 10, effort: 50).isEmpty)
    }
}
