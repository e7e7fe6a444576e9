import Gym
import Testing

/// Every kind of draw against NumPy's, one after the other from one generator, so that the state between them counts.
@Suite struct RandomGeneratorTests {
    @Test(arguments: numpyDraws.indices) func `draws what NumPy draws`(_ index: Int) {
        let (seed, checksums) = numpyDraws[index]
        var ours = Draws(seed: seed)
        for (draw, expected) in checksums {
            #expect(ours.checksum(of: draw) == expected, "\(draw) with seed \(seed)")
        }
    }

    @Test func `resumes from its saved state, held back bits included`() throws {
        var generator = RandomGenerator(seed: 3)
        _ = generator.randomFloat()
        var writer = StateWriter()
        generator.save(to: &writer)
        var reader = StateReader(writer.bytes)
        var resumed = RandomGenerator(seed: 0)
        try resumed.restore(from: &reader)
        #expect(resumed == generator && reader.isAtEnd)
        #expect(resumed.randomFloat() == generator.randomFloat())
        #expect(resumed.random() == generator.random())
    }

    @Test func `refuses a state that no generator has`() {
        let words = PCG64(SeedSequence(seed: 3)).words
        #expect(PCG64(words: words)?.words == words)
        #expect(PCG64(words: Array(words.dropLast())) == nil)
        for (index, bad) in [(3, words[3] & ~1), (4, 2), (5, 1 << 32)] as [(Int, UInt64)] {
            var wrong = words
            wrong[index] = bad
            #expect(PCG64(words: wrong) == nil)
            var writer = StateWriter()
            wrong.forEach { writer.write($0) }
            var reader = StateReader(writer.bytes)
            var generator = RandomGenerator(seed: 0)
            #expect(throws: EnvironmentError.invalidSnapshot("it has no generator's state")) {
                try generator.restore(from: &reader)
            }
        }
    }

    @Test func `takes all its entropy from the source it is given`() {
        struct Counter: RandomNumberGenerator {
            var state: UInt64
            mutating func next() -> UInt64 {
                state += 1
                return state
            }
        }
        var (first, same, other) = (Counter(state: 1), Counter(state: 1), Counter(state: 2))
        #expect(RandomGenerator(entropy: &first) == RandomGenerator(entropy: &same))
        #expect(RandomGenerator(entropy: &other) != RandomGenerator(entropy: &first))
    }
}

private struct Draws {
    let seed: UInt64
    var generator: RandomGenerator

    init(seed: UInt64) {
        self.seed = seed
        generator = RandomGenerator(seed: seed)
    }

    mutating func checksum(of draw: String) -> UInt64 {
        switch draw {
        case "state": fold(SeedSequence(seed: seed).state(count: 4))
        case "random": real(1000) { $0.random() }
        case "randomFloat": fold((0..<1001).map { _ in UInt64(generator.randomFloat().bitPattern) })
        case "uniform": real(1000) { $0.uniform(-0.05, 0.05) }
        case "standardNormal": real(200_000) { $0.standardNormal() }
        case "standardExponential": real(200_000) { $0.standardExponential() }
        case "integers": whole(-4...1000) { $0.integers(-5, $1) }
        case "integersWide":
            fold((20...60).flatMap { shift in (0..<10).map { _ in bits(generator.integers(0, 3 << shift)) } })
        case "integersWhole":
            fold(
                (0..<100).flatMap { _ in
                    [
                        generator.integers(0, 1 << 32), generator.integers(0, 1 << 32 + 1),
                        generator.integers(Int.min, Int.max),
                    ].map(bits)
                })
        case "integers8": small(0...1 as ClosedRange<Int8>)
        case "integersOdd8": small(3...199 as ClosedRange<UInt8>)
        case "integersWhole8": small(0...255 as ClosedRange<UInt8>)
        case "integers16": small(-300...8999 as ClosedRange<Int16>)
        case "integers32": small(-300...8999 as ClosedRange<Int32>)
        case "choice": whole(1...1000) { generator, _ in generator.choice(7) }
        case "weighted": whole(1...1000) { generator, _ in generator.choice(probabilities: [0.1, 0.2, 0.3, 0.4]) }
        case "permutation": fold((0...100).flatMap { generator.permutation($0).map(bits) })
        case "after": real(3) { $0.random() }
        default: 0
        }
    }

    private mutating func real(_ count: Int, _ draw: (inout RandomGenerator) -> Double) -> UInt64 {
        fold((0..<count).map { _ in draw(&generator).bitPattern })
    }

    private mutating func whole(_ range: ClosedRange<Int>, _ draw: (inout RandomGenerator, Int) -> Int) -> UInt64 {
        fold(range.map { bits(draw(&generator, $0)) })
    }

    private mutating func small<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> UInt64 {
        let mask = UInt64.max >> (64 - T.bitWidth)
        return fold(generator.integers(in: range, count: 1001).map { UInt64(truncatingIfNeeded: $0) & mask })
    }

    private func bits(_ value: Int) -> UInt64 {
        UInt64(bitPattern: Int64(value))
    }

    private func fold(_ words: [UInt64]) -> UInt64 {
        words.reduce(0) { $0 &* 6_364_136_223_846_793_005 &+ $1 &+ 1 }
    }
}
