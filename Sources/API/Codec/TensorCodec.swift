import Gym
import Store

/// Lanes as named tensors and back: one tensor for each leaf of a space's layout, the first dimension the batch.
enum TensorCodec {
    /// - Parameter name: of the whole; leaves add their own way, as in `observation.position`.
    static func tensors(_ name: String, _ layout: Layout, _ lanes: Lanes) -> [Safetensors.Entry] {
        let count = layout.count == 0 ? 0 : lanes.count / layout.count
        return layout.leaves.map { leaf in
            Safetensors.Entry(name + leaf.name, tensor(leaf, of: lanes, width: layout.count, count: count))
        }
    }

    private static func tensor(_ leaf: Layout.Leaf, of lanes: Lanes, width: Int, count: Int) -> Tensor {
        let shape = [count] + leaf.shape
        if leaf.count == width, leaf.dtype.rawValue == lanes.element.rawValue { return Tensor(lanes, shape: shape) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * leaf.count * leaf.dtype.size)
        for row in 0..<count {
            for lane in row * width + leaf.offset..<row * width + leaf.offset + leaf.count {
                append(lanes, lane, as: leaf.dtype, to: &bytes)
            }
        }
        return Tensor(dtype: leaf.dtype, shape: shape, bytes: bytes)
    }

    private static func append(_ lanes: Lanes, _ lane: Int, as dtype: DType, to bytes: inout [UInt8]) {
        let bits: UInt64 =
            switch dtype {
            case .float32: UInt64(Float(lanes.double(lane)).bitPattern)
            case .float64: lanes.double(lane).bitPattern
            default: UInt64(bitPattern: lanes.integer(lane))
            }
        for byte in 0..<dtype.size { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * UInt64(byte)))) }
    }

    /// Reads `count` elements of `space`, every one checked.
    static func lanes(
        _ name: String, of space: Space, _ layout: Layout, in file: Safetensors, count: Int
    ) throws(Problem) -> Lanes {
        // All shapes first: then the lanes are no more than the tensors hold.
        for leaf in layout.leaves { try check(file[name + leaf.name], leaf, name: name + leaf.name, count: count) }
        var lanes = Lanes(layout.element, count: count * layout.count)
        for leaf in layout.leaves {
            guard let tensor = file[name + leaf.name] else { continue }
            try fill(&lanes, leaf, from: tensor, width: layout.count, name: name + leaf.name)
        }
        return lanes
    }

    private static func check(_ tensor: Tensor?, _ leaf: Layout.Leaf, name: String, count: Int) throws(Problem) {
        guard let tensor else {
            throw Problem(.missingParameter, "the tensor \"\(name)\" is missing", at: "/\(name)")
        }
        let shape = [count] + leaf.shape
        guard tensor.shape == shape else {
            throw Problem(.notAMember, "expected shape \(shape), not \(tensor.shape)", at: "/\(name)")
        }
        guard tensor.dtype.isFloat == leaf.dtype.isFloat else {
            throw Problem(
                .notAMember, "expected dtype \(leaf.dtype.rawValue), not \(tensor.dtype.rawValue)", at: "/\(name)")
        }
    }

    /// - Throws: where `file` has a tensor that nobody reads.
    static func refuseOthers(than known: [String], in file: Safetensors) throws(Problem) {
        guard let stranger = file.entries.first(where: { !known.contains($0.name) }) else { return }
        throw Problem(
            .unknownField, "there is no tensor \"\(stranger.name)\"; there are \(known.joined(separator: ", "))",
            at: "/\(stranger.name)")
    }

    private static func fill(
        _ lanes: inout Lanes, _ leaf: Layout.Leaf, from tensor: Tensor, width: Int, name: String
    ) throws(Problem) {
        let bounds = leaf.space.bounds
        for index in 0..<tensor.count {
            let (row, lane) = index.quotientAndRemainder(dividingBy: leaf.count)
            var value = tensor.double(index)
            if leaf.dtype == .float32 { value = Double(Float(value)) }
            guard value >= bounds.low(lane), value <= bounds.high(lane), leaf.dtype.holds(value) else {
                throw Problem(
                    .notAMember,
                    "\(value) in row \(row) is not within [\(bounds.low(lane)), \(bounds.high(lane))]", at: "/\(name)")
            }
            lanes.set(row * width + leaf.offset + lane, to: value)
        }
    }
}

extension Space {
    /// The bounds of each lane of a leaf.
    fileprivate var bounds: (low: (Int) -> Double, high: (Int) -> Double) {
        switch self {
        case .box(let box): ({ box.low[$0] }, { box.high[$0] })
        case .discrete(let discrete):
            ({ _ in Double(discrete.start) }, { _ in Double(discrete.start + discrete.n - 1) })
        case .multiDiscrete(let multi):
            ({ Double(multi.start[$0]) }, { Double(multi.start[$0] + multi.nvec[$0] - 1) })
        default: ({ _ in 0 }, { _ in 1 })
        }
    }
}
