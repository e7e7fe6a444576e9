import Glibc
import Neural
import Testing

/// Keys and queries of small whole numbers: their products are exact in any order, and many are equal.
@Suite struct KeysTests {
    static let dimensions = [1, 16, 37]
    /// Three blocks of keys, and queries for more than one pass.
    static let (count, rows) = (2_500, 66)

    struct Case {
        let keys: Keys
        let outputs: [Float]
        let width: Int
        let masks: [UInt8]
        let withdrawn: [UInt8]
        /// Of each row with each key.
        let scores: [[Float]]

        /// Queries lie in rows of outputs with two numbers before and one behind them, masks likewise with three before.
        init(dimension: Int, seed: UInt64 = 1) {
            var noise = Noise(seed)
            func whole(_ count: Int) -> [Float] {
                (0..<count).map { _ in Float(Int(noise.next() % 7) - 3) }
            }
            func coins(_ count: Int) -> [UInt8] {
                (0..<count).map { _ in UInt8(noise.next() % 3) }
            }
            let width = dimension + 3
            let (table, outputs) = (whole(count * dimension), whole(rows * width))
            (self.width, self.outputs) = (width, outputs)
            masks = coins(rows * (count + 3))
            withdrawn = coins(count)
            keys = Keys(table, dimension: dimension)
            scores = (0..<rows).map { row in
                (0..<count).map { key in
                    var score: Float = 0
                    for place in 0..<dimension {
                        score += outputs[row * width + 2 + place] * table[key * dimension + place]
                    }
                    return score
                }
            }
        }

        var queries: Rows<Float> { Rows(outputs, from: 2, stride: width) }

        var allMasks: [KeyMasks] {
            let own = Rows(masks, from: 3, stride: count + 3)
            return [.none, KeyMasks(own), KeyMasks(shared: withdrawn), KeyMasks(own, shared: withdrawn)]
        }

        func isAllowed(_ row: Int, _ key: Int, _ kind: Int) -> Bool {
            (kind & 1 == 0 || masks[row * (count + 3) + 3 + key] != 0) && (kind & 2 == 0 || withdrawn[key] != 0)
        }

        func best(_ row: Int, _ kind: Int) -> ScoredKey {
            var best = ScoredKey(key: 0, score: -.infinity)
            for key in 0..<count where scores[row][key] > best.score && isAllowed(row, key, kind) {
                best = ScoredKey(key: Int32(key), score: scores[row][key])
            }
            return best
        }

        /// Allowed keys, best first, the first of equals first.
        func ranking(_ row: Int, _ kind: Int) -> [ScoredKey] {
            (0..<count).filter { isAllowed(row, $0, kind) }
                .map { ScoredKey(key: Int32($0), score: scores[row][$0]) }
                .sorted { $0.score > $1.score || ($0.score == $1.score && $0.key < $1.key) }
        }
    }

    @Test(arguments: dimensions)
    func `finds the best key of many queries and of few`(_ dimension: Int) {
        let test = Case(dimension: dimension)
        for (kind, masks) in test.allMasks.enumerated() {
            let best = (0..<Self.rows).map { test.best($0, kind) }
            var choices = [Int32](repeating: -1, count: 3 * Self.rows)
            var scores = [Float](repeating: .nan, count: Self.rows)
            test.keys.best(
                test.queries, rows: Self.rows, masks: masks, choices: &choices, from: 1, stride: 3, scores: &scores)
            #expect(scores == best.map(\.score))
            #expect(choices == best.flatMap { [-1, $0.key, -1] })
            for (row, rows) in [(0, 1), (1, 4), (5, 5), (65, 1)] {
                let expected = best[row..<row + rows]
                var (few, fewScores) = ([Int32](repeating: -1, count: rows), [Float](repeating: .nan, count: rows))
                test.keys.best(
                    test.queries.row(row), rows: rows, masks: masks.row(row), choices: &few, scores: &fewScores)
                #expect(few == expected.map(\.key) && fewScores == expected.map(\.score))
            }
        }
    }

    @Test func `chooses the first key where none is allowed`() {
        let test = Case(dimension: 5)
        let masks = KeyMasks(shared: [UInt8](repeating: 0, count: Self.count))
        for rows in [1, 2] {
            var (choices, scores) = ([Int32](repeating: 9, count: rows), [Float](repeating: 9, count: rows))
            test.keys.best(test.queries, rows: rows, masks: masks, choices: &choices, scores: &scores)
            #expect(choices.allSatisfy { $0 == 0 } && scores.allSatisfy { $0 == -.infinity })
        }
        #expect(test.keys.top(3, test.queries, masks: masks).isEmpty)
        #expect(test.keys.normalizer(test.queries, masks: masks).logSum == -.infinity)
        #expect(test.keys.sample(test.queries, masks: masks, uniform: 0.5) == nil)
    }

    @Test(arguments: dimensions)
    func `lists the best keys in order, and all scores`(_ dimension: Int) {
        let test = Case(dimension: dimension)
        for (kind, masks) in test.allMasks.enumerated() {
            let (query, masks, ranking) = (test.queries.row(7), masks.row(7), test.ranking(7, kind))
            for most in [0, 1, 10, 300, Self.count] {
                #expect(test.keys.top(most, query, masks: masks) == Array(ranking.prefix(most)))
            }
            var scores = [Float](repeating: .nan, count: Self.count)
            test.keys.scores(query, masks: masks, to: &scores)
            #expect(
                scores
                    == (0..<Self.count).map { test.isAllowed(7, $0, kind) ? test.scores[7][$0] : -.infinity })
        }
    }

    @Test func `keeps the best where every key is better than those before`() {
        let keys = Keys((0..<5_000).map { Float($0) }, dimension: 1)
        let best = keys.top(100, Rows([2]))
        #expect(best.map(\.key) == (4_900..<5_000).reversed())
        #expect(best.map(\.score) == best.map { 2 * Float($0.key) })
    }

    @Test func `normalizes scores that would overflow`() {
        let test = Case(dimension: 16)
        for (kind, masks) in test.allMasks.enumerated() {
            let ranking = test.ranking(3, kind).map { Double($0.score) }
            let sum = ranking.reduce(0) { $0 + exp($1 - ranking[0]) }
            let normalizer = test.keys.normalizer(test.queries.row(3), masks: masks.row(3))
            #expect(Double(normalizer.largest) == ranking[0])
            #expect(abs(Double(normalizer.logSum) - ranking[0] - log(sum)) < 1e-5)
        }
        let far = Keys([500, -500, 500], dimension: 1).normalizer(Rows([2]))
        #expect(abs(far.logSum - 1_000 - Float(log(2.0))) < 1e-4)
        #expect(far.logProbability(ofScore: 1_000) == 1_000 - far.logSum)
    }

    /// Numbers spread evenly over [0, 1) must fall on each key as often as its probability says, to within one.
    @Test func `samples each key as often as its probability says`() throws {
        var noise = Noise(3)
        let (count, draws) = (2_500, 20_000)
        let values = (0..<count).map { _ in Float.random(in: -3...3, using: &noise) }
        let mask = (0..<count).map { _ in UInt8.random(in: 0...1, using: &noise) }
        let masks = KeyMasks(shared: mask)
        let (keys, query) = (Keys(values, dimension: 1), Rows([Float(1.5)]))
        let expected = keys.normalizer(query, masks: masks)
        var (times, areConsistent) = ([Double](repeating: 0, count: count), true)
        for draw in 0..<draws {
            let uniform = (Double(draw) + 0.5) / Double(draws)
            let (choice, normalizer) = try #require(keys.sample(query, masks: masks, uniform: uniform))
            times[Int(choice.key)] += 1
            if choice.score != 1.5 * values[Int(choice.key)] || normalizer != expected { areConsistent = false }
        }
        #expect(areConsistent)
        let weights = (0..<count).map { mask[$0] == 0 ? 0 : exp(1.5 * Double(values[$0])) }
        let sum = weights.reduce(0, +)
        #expect(zip(times, weights).allSatisfy { abs($0 - Double(draws) * $1 / sum) < 1.05 })
    }
}
