import Gym

/// Why tensors are not the elements of a space.
public struct TensorMismatch: Error, Sendable, Equatable {
    /// The tensor at fault.
    public let name: String
    public let reason: String
    /// Whether it is not there at all.
    public let isMissing: Bool

    init(_ name: String, _ reason: String, isMissing: Bool = false) {
        self.name = name
        self.reason = reason
        self.isMissing = isMissing
    }
}

/// Lanes as named tensors and back: one tensor for each leaf of a space's layout, the first dimension the batch.
public enum TensorCodec {
    /// - Parameter name: of the whole; leaves add their own way, as in `observation.position`.
    public static func tensors(_ name: String, _ layout: Layout, _ lanes: Lanes) -> [Safetensors.Entry] {
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

    /// Reads `count` elements, every one checked.
    /// - Parameter bounded: whether a Box's bounds count, which an environment may overstep, but an action may not.
    public static func lanes(
        _ name: String, _ layout: Layout, in file: Safetensors, count: Int, bounded: Bool = true
    ) throws(TensorMismatch) -> Lanes {
        // All shapes first: then the lanes are no more than the tensors hold.
        for leaf in layout.leaves { try check(file[name + leaf.name], leaf, name: name + leaf.name, count: count) }
        // Where something is out of bounds, what follows finds out what.
        if let lanes = whole(name, layout, in: file) {
            let space = layout.leaves[0].space
            if !bounded && space.isBox || space.contains(rows: lanes) { return lanes }
        }
        var lanes = Lanes(layout.element, count: count * layout.count)
        for leaf in layout.leaves {
            guard let tensor = file[name + leaf.name] else { continue }
            try fill(&lanes, leaf, from: tensor, width: layout.count, name: name + leaf.name, bounded: bounded)
        }
        return lanes
    }

    /// A leaf that is the whole space, as it came.
    private static func whole(_ name: String, _ layout: Layout, in file: Safetensors) -> Lanes? {
        guard layout.leaves.count == 1, let tensor = file[name + layout.leaves[0].name],
            tensor.dtype == layout.leaves[0].dtype
        else { return nil }
        return switch (layout.element, tensor.dtype) {
        case (.float32, .float32): tensor.floats.map { .float32($0) }
        case (.float64, .float64): tensor.doubles.map { .float64($0) }
        case (.int64, .int64): tensor.int64s.map { .int64($0) }
        case (.uint8, .uint8): .uint8(tensor.bytes)
        default: nil
        }
    }

    private static func check(
        _ tensor: Tensor?, _ leaf: Layout.Leaf, name: String, count: Int
    ) throws(TensorMismatch) {
        guard let tensor else { throw TensorMismatch(name, "the tensor \"\(name)\" is missing", isMissing: true) }
        let shape = [count] + leaf.shape
        guard tensor.shape == shape else {
            throw TensorMismatch(name, "expected shape \(shape), not \(tensor.shape)")
        }
        guard tensor.dtype.isFloat == leaf.dtype.isFloat else {
            throw TensorMismatch(name, "expected dtype \(leaf.dtype.rawValue), not \(tensor.dtype.rawValue)")
        }
    }

    private static func fill(
        _ lanes: inout Lanes, _ leaf: Layout.Leaf, from tensor: Tensor, width: Int, name: String, bounded: Bool
    ) throws(TensorMismatch) {
        let bounds = leaf.space.bounds
        let isFree = !bounded && leaf.space.isBox
        for index in 0..<tensor.count {
            let (row, lane) = index.quotientAndRemainder(dividingBy: leaf.count)
            if isFree, tensor.dtype == leaf.dtype, let integer = tensor.integer(index) {
                lanes.set(row * width + leaf.offset + lane, to: integer)
                continue
            }
            var value = tensor.double(index)
            if leaf.dtype == .float32 { value = Double(Float(value)) }
            let isWithin = isFree || value >= bounds.low(lane) && value <= bounds.high(lane)
            guard isWithin, leaf.dtype.holds(value) else {
                throw TensorMismatch(
                    name, "\(value) in row \(row) is not within [\(bounds.low(lane)), \(bounds.high(lane))]")
            }
            lanes.set(row * width + leaf.offset + lane, to: value)
        }
    }
}

extension Space {
    /// Whether rows of lanes are within this leaf's bounds; false also where that is not seen at a glance.
    fileprivate func contains(rows lanes: Lanes) -> Bool {
        switch (self, lanes) {
        case (.discrete(let space), .int64(let lanes)):
            let range = Int64(space.start)...Int64(space.start + space.n - 1)
            return lanes.allSatisfy { range.contains($0) }
        case (.box(let box), .float32(let lanes)):
            let (low, high) = (box.low.map { Float($0) }, box.high.map { Float($0) })
            return stride(from: 0, to: lanes.count, by: max(low.count, 1)).allSatisfy { row in
                low.indices.allSatisfy { lanes[row + $0] >= low[$0] && lanes[row + $0] <= high[$0] }
            }
        default: return false
        }
    }
}
