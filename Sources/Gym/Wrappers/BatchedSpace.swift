extension Space {
    /// The space of `count` elements of this one in a row (Gymnasium's `batch_space`).
    /// - Precondition: the space has a ``layout``.
    func batched(_ count: Int) -> Space {
        func repeated<Element>(_ elements: [Element]) -> [Element] { (0..<count).flatMap { _ in elements } }
        switch self {
        case .box(let box):
            return .box(
                Box(low: repeated(box.low), high: repeated(box.high), shape: [count] + box.shape, dtype: box.dtype))
        case .discrete(let space):
            return .multiDiscrete(
                MultiDiscrete(repeated([space.n]), start: repeated([space.start]), dtype: space.dtype))
        case .multiDiscrete(let space):
            let low = space.start.map(Double.init)
            let high = zip(space.start, space.nvec).map { Double($0 + $1 - 1) }
            return Space.box(Box(low: low, high: high, shape: space.shape, dtype: space.dtype)).batched(count)
        case .multiBinary(let space):
            return .box(Box(low: 0, high: 1, shape: [count] + space.shape, dtype: .int8))
        case .dict(let dict): return .dict(Dict(dict.members.map { .init($0.key, $0.space.batched(count)) }))
        case .tuple(let tuple): return .tuple(Tuple(tuple.members.map { $0.batched(count) }))
        case .text, .sequence, .oneOf, .graph: preconditionFailure("\(typeName) has no fixed layout")
        }
    }

    /// The lanes of the element that is closest to zero (Gymnasium's `create_zero_array`).
    func zero(_ layout: Layout) -> Lanes {
        var lanes = Lanes(layout.element, count: layout.count)
        for leaf in layout.leaves {
            for lane in 0..<leaf.count {
                switch leaf.space {
                case .box(let box): lanes.set(leaf.offset + lane, to: min(max(0, box.low[lane]), box.high[lane]))
                case .discrete(let space): lanes.set(leaf.offset + lane, to: Int64(space.start))
                case .multiDiscrete(let space): lanes.set(leaf.offset + lane, to: Int64(space.start[lane]))
                default: break
                }
            }
        }
        return lanes
    }
}
