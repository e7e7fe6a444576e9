import Gym
import Testing

@Suite struct SpaceSamplerTests {
    @Test(arguments: spaceSamples.indices) func `samples what Gymnasium samples`(_ index: Int) throws {
        let (name, checksums) = spaceSamples[index]
        let space = try #require(spaces[name])
        for (seed, expected) in checksums {
            var sampler = SpaceSampler(space, seed: seed)
            let samples = (0..<40).map { _ in sampler.sample() }
            #expect(samples.allSatisfy { space.contains($0) })
            #expect(checksum(samples.map(spell)) == expected, "\(name) from seed \(seed): \(samples[0])")
        }
    }

    @Test func `samples only what a mask allows, as Gymnasium does`() {
        var sampler = SpaceSampler(.discrete(Discrete(6, start: 10)), seed: 3)
        let mask = [false, true, true, false, false, true]
        #expect(checksum((0..<40).map { _ in String(sampler.sample(mask: mask)) }) == maskedSamples)
        #expect(sampler.sample(mask: Array(repeating: false, count: 6)) == 10)
    }

    @Test(arguments: spaces.keys.sorted()) func `samples the same into lanes as into a value`(_ name: String) throws {
        let space = try #require(spaces[name])
        guard let layout = space.layout else { return }
        var (one, other) = (SpaceSampler(space, seed: 5), SpaceSampler(space, seed: 5))
        var writer = LaneWriter(Lanes(layout.element, count: layout.count))
        one.sample(into: &writer)
        var offset = 0
        #expect(space.value(of: writer.lanes, at: &offset) == other.sample())
    }

    @Test func `samples otherwise each time without a seed`() {
        let space = Space.box(Box(low: 0, high: 1, shape: [4]))
        var (one, other) = (SpaceSampler(space), SpaceSampler(space))
        #expect(one.sample() != other.sample())
    }
}

/// Those of Tests/Goldens/space_samples.py.
private let spaces: [String: Space] = [
    "box": .box(Box(low: -1, high: 1, shape: [3])),
    "boxDouble": .box(Box(low: [0, -2.5, 1e-3, 7], high: [1, 9, 1e3, 7], shape: [2, 2], dtype: .float64)),
    "boxOpen": .box(
        Box(
            low: [-.infinity, 0, -.infinity, -3, -.infinity], high: [.infinity, .infinity, 5, 3, .infinity],
            shape: [5])),
    "boxInteger": .box(Box(low: -3, high: 12, shape: [2, 2], dtype: .int64)),
    "boxByte": .box(Box(low: 0, high: 255, shape: [4], dtype: .uint8)),
    "discrete": .discrete(Discrete(7)),
    "discreteStart": .discrete(Discrete(1000, start: -500)),
    "discreteByte": .discrete(Discrete(11, dtype: .int8)),
    "discreteShort": .discrete(Discrete(301, dtype: .int16)),
    "multiDiscrete": .multiDiscrete(MultiDiscrete([3, 1, 1000, 2], start: [-1, 5, 0, 10], shape: [2, 2])),
    "multiBinary": .multiBinary(MultiBinary(9)),
    "multiBinaryShape": .multiBinary(MultiBinary(shape: [3, 2])),
    "text": .text(Text(maxLength: 8)),
    "textCharset": .text(Text(maxLength: 6, minLength: 0, charset: Array("aAé漢"))),
    "dict": .dict(
        Dict([
            .init("b", .discrete(Discrete(5))),
            .init(
                "a",
                .dict(
                    Dict([
                        .init("x", .box(Box(low: -.infinity, high: .infinity, shape: [2]))),
                        .init("y", .text(Text(maxLength: 3))),
                    ]))),
        ])),
    "tuple": .tuple(
        Tuple([
            .discrete(Discrete(4)), .box(Box(low: 0, high: 1, shape: [1])),
            .tuple(Tuple([.multiBinary(MultiBinary(2))])),
        ])),
    "sequence": .sequence(SequenceSpace(.box(Box(low: 0, high: 1, shape: [2])))),
    "sequenceStack": .sequence(SequenceSpace(.discrete(Discrete(9)), stack: true)),
    "oneOf": .oneOf(
        OneOf([.discrete(Discrete(3)), .box(Box(low: -1, high: 1, shape: [2])), .text(Text(maxLength: 4))])),
    "graph": .graph(
        Graph(node: .box(Box(low: -1, high: 1, shape: [3])), edge: .discrete(Discrete(5, start: 2)))),
    "graphWithoutEdges": .graph(Graph(node: .discrete(Discrete(6)), edge: nil)),
]

private func spell(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .int(let int): "\(int)"
    case .float(let float): "f" + String(float.bitPattern, radix: 16)
    case .double(let double): "d" + String(double.bitPattern, radix: 16)
    case .string(let string): "\"\(string)\""
    case .array(let elements): "[" + elements.map(spell).joined(separator: ",") + "]"
    case .object(let members):
        "{" + members.map { "\($0.key):\(spell($0.value))" }.joined(separator: ",") + "}"
    }
}

private func checksum(_ samples: [String]) -> UInt64 {
    samples.joined(separator: "\n").utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
