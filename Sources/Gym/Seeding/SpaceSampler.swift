import Glibc

/// Draws elements of a space as Gymnasium's `space.seed(seed)` and `space.sample()` do: every part of a space has a
/// generator of its own.
public struct SpaceSampler: Sendable {
    private let space: Space
    private var random: RandomGenerator
    /// One for each space within this one.
    private var parts: [SpaceSampler]

    /// `space.seed(seed)`.
    public init(_ space: Space, seed: UInt64) {
        self.space = space
        random = RandomGenerator(seed: seed)
        // The seeds of the parts are drawn from a generator that begins anew, except in a Dict and a Tuple, which draw
        // nothing else.
        var seeds = random
        parts = space.parts.map { SpaceSampler($0, seed: UInt64(seeds.integers(0, Int(Int32.max)))) }
    }

    /// `space.seed()`: from the system's entropy.
    public init(_ space: Space) {
        self.space = space
        random = RandomGenerator()
        parts = space.parts.map { SpaceSampler($0) }
    }

    /// `space.sample()`.
    public mutating func sample() -> Value {
        switch space {
        case .dict(let dict):
            return .object(zip(dict.members, parts.indices).map { Value.Member($0.key, parts[$1].sample()) })
        case .tuple: return .array(parts.indices.map { parts[$0].sample() })
        case .text(let text): return .string(sampleText(text))
        case .sequence: return .array((0..<random.geometric(0.25)).map { _ in parts[0].sample() })
        case .oneOf:
            let choice = random.integers(0, parts.count)
            return .array([.int(Int64(choice)), parts[choice].sample()])
        case .graph: return sampleGraph()
        case .box, .discrete, .multiDiscrete, .multiBinary:
            guard let layout = space.layout else { preconditionFailure("a space of numbers has a layout") }
            var writer = LaneWriter(Lanes(layout.element, count: layout.count))
            sample(into: &writer)
            var offset = 0
            return space.value(of: writer.lanes, at: &offset)
        }
    }

    /// `space.sample()`, written as lanes.
    /// - Precondition: the space has a layout.
    public mutating func sample(into writer: inout LaneWriter) {
        switch space {
        case .box(let box): sampleBox(box, into: &writer)
        case .discrete(let discrete): writer.write(Int64(discrete.start + sampleInteger(discrete)))
        case .multiDiscrete(let space):
            let draws = space.nvec.map { Int64(random.random() * Double($0)) }
            for (draw, start) in zip(draws, space.start) { writer.write(draw + Int64(start)) }
        case .multiBinary(let space):
            for bit in random.integers(in: 0...1 as ClosedRange<Int8>, count: space.count) { writer.write(Int64(bit)) }
        case .dict, .tuple:
            for index in parts.indices { parts[index].sample(into: &writer) }
        case .text, .sequence, .oneOf, .graph: preconditionFailure("\(space.typeName) has no fixed layout")
        }
    }

    /// `count` samples, in rows of lanes.
    /// - Precondition: the space has a layout.
    public mutating func lanes(_ layout: Layout, count: Int) -> Lanes {
        var writer = LaneWriter(Lanes(layout.element, count: count * layout.count))
        for _ in 0..<count { sample(into: &writer) }
        return writer.lanes
    }

    public func save(to writer: inout StateWriter) {
        random.save(to: &writer)
        for part in parts { part.save(to: &writer) }
    }

    public mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try random.restore(from: &reader)
        for index in parts.indices { try parts[index].restore(from: &reader) }
    }

    /// `space.sample(mask)`: one of the elements that `mask` allows; the first element where it allows none.
    /// - Precondition: the space is Discrete, and the mask has one entry for each element.
    public mutating func sample(mask: [Bool]) -> Int64 {
        guard case .discrete(let discrete) = space, mask.count == discrete.n else {
            preconditionFailure("a mask is for a Discrete space, one entry for each element")
        }
        let available = mask.indices.filter { mask[$0] }
        return Int64(discrete.start + (available.isEmpty ? 0 : available[random.choice(available.count)]))
    }

    /// Types of 8 and 16 bits draw otherwise than the rest.
    private mutating func sampleInteger(_ space: Discrete) -> Int {
        switch space.dtype {
        case .int8, .uint8: Int(random.integers(in: 0...UInt8(space.n - 1), count: 1)[0])
        case .int16, .uint16: Int(random.integers(in: 0...UInt16(space.n - 1), count: 1)[0])
        default: random.integers(0, space.n)
        }
    }

    /// Draws first all lanes without bounds, then those with one, then those with two, each as its bounds ask for.
    private mutating func sampleBox(_ box: Box, into writer: inout LaneWriter) {
        let high = box.dtype.isFloat ? box.high : box.high.map { $0 + 1 }
        var draws = Array(repeating: 0.0, count: box.count)
        func lanes(_ hasLow: Bool, _ hasHigh: Bool) -> [Int] {
            draws.indices.filter { (box.low[$0] > -.infinity) == hasLow && (box.high[$0] < .infinity) == hasHigh }
        }
        for lane in lanes(false, false) { draws[lane] = random.standardNormal() }
        for lane in lanes(true, false) { draws[lane] = random.standardExponential() + box.low[lane] }
        for lane in lanes(false, true) { draws[lane] = -random.standardExponential() + high[lane] }
        for lane in lanes(true, true) { draws[lane] = random.uniform(box.low[lane], high[lane]) }
        for (lane, draw) in draws.enumerated() {
            guard !box.dtype.isFloat else {
                writer.write(draw)
                continue
            }
            // Far out, a Double falls between the integers or beyond them.
            let bounded = min(max(draw.rounded(.down), box.low[lane], -0x1p62), box.high[lane], 0x1p62)
            writer.write(Int64(bounded))
        }
    }

    private mutating func sampleText(_ text: Text) -> String {
        let length = random.integers(text.minLength, text.maxLength + 1)
        let weights = Array(repeating: 1 / Double(text.charset.count), count: text.charset.count)
        return String((0..<length).map { _ in text.charset[random.choice(probabilities: weights)] })
    }

    /// 10 nodes, fewer than 90 edges. The nodes and edges are drawn by copies of their generators, which themselves move
    /// on by one draw.
    private mutating func sampleGraph() -> Value {
        let nodeCount = 10
        let edgeCount = random.integers(0, nodeCount * (nodeCount - 1))
        let nodes = parts[0].sampleBatch(nodeCount)
        guard parts.count == 2, edgeCount > 0 else {
            return .object([.init("nodes", nodes), .init("edges", nil), .init("edge_links", nil)])
        }
        let edges = parts[1].sampleBatch(edgeCount)
        let ends = random.integers(in: 0...Int32(nodeCount - 1), count: 2 * edgeCount)
        let links = (0..<edgeCount).map { Value.integers([ends[2 * $0], ends[2 * $0 + 1]]) }
        return .object([.init("nodes", nodes), .init("edges", edges), .init("edge_links", .array(links))])
    }

    /// `batch_space(space, count).sample()`.
    private mutating func sampleBatch(_ count: Int) -> Value {
        var batch = SpaceSampler(space.batched(count), random)
        _ = random.random()
        return batch.sample()
    }

    private init(_ space: Space, _ random: RandomGenerator) {
        self.space = space
        self.random = random
        parts = []
    }
}

extension Space {
    /// The spaces that this one is made of.
    fileprivate var parts: [Space] {
        switch self {
        case .dict(let dict): dict.members.map(\.space)
        case .tuple(let tuple): tuple.members
        case .sequence(let sequence): [sequence.feature]
        case .oneOf(let oneOf): oneOf.members
        case .graph(let graph): [graph.node] + (graph.edge.map { [$0] } ?? [])
        case .box, .discrete, .multiDiscrete, .multiBinary, .text: []
        }
    }
}
