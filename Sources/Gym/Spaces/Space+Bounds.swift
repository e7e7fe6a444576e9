extension Space {
    /// The bounds of each lane of a space that has no parts.
    public var bounds: (low: (Int) -> Double, high: (Int) -> Double) {
        switch self {
        case .box(let box): ({ box.low[$0] }, { box.high[$0] })
        case .discrete(let discrete):
            ({ _ in Double(discrete.start) }, { _ in Double(discrete.start + discrete.n - 1) })
        case .multiDiscrete(let multi):
            ({ Double(multi.start[$0]) }, { Double(multi.start[$0] + multi.nvec[$0] - 1) })
        default: ({ _ in 0 }, { _ in 1 })
        }
    }

    /// The same without the bounds of its Boxes, but for those of their dtypes: what a sensor may give that overshoots.
    public var unbounded: Space {
        mappingBoxes { box in
            let range = box.dtype.range
            return Box(low: range.lowerBound, high: range.upperBound, shape: box.shape, dtype: box.dtype)
        }
    }

    /// The same with finite bounds only, so that its elements are finite numbers.
    public var finite: Space {
        mappingBoxes { box in
            let range = box.dtype.range
            return Box(
                low: box.low.map { max($0, range.lowerBound) }, high: box.high.map { min($0, range.upperBound) },
                shape: box.shape, dtype: box.dtype)
        }
    }

    /// - Precondition: the space has a ``layout``.
    private func mappingBoxes(_ change: (Box) -> Box) -> Space {
        switch self {
        case .box(let box): .box(change(box))
        case .dict(let dict): .dict(Dict(dict.members.map { Dict.Member($0.key, $0.space.mappingBoxes(change)) }))
        case .tuple(let tuple): .tuple(Tuple(tuple.members.map { $0.mappingBoxes(change) }))
        case .discrete, .multiDiscrete, .multiBinary: self
        case .text, .sequence, .oneOf, .graph: preconditionFailure("\(typeName) has no fixed layout")
        }
    }
}
