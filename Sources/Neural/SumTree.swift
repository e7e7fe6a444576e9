import CKernels

/// Weights in the leaves of a binary tree whose nodes are the sums of their children: drawing in proportion to the
/// weights and changing one cost a walk between leaf and root.
public struct SumTree: Sendable {
    /// Node 1 is the root, the children of n are 2n and 2n + 1, the leaves come last.
    private var nodes: [Float]
    private let leaves: Int
    private let depth: Int

    public init(count: Int) {
        var (leaves, depth) = (1, 0)
        while leaves < count { (leaves, depth) = (leaves * 2, depth + 1) }
        self.leaves = leaves
        self.depth = depth
        nodes = [Float](repeating: 0, count: 2 * leaves)
    }

    public var total: Float { nodes[1] }

    public subscript(index: Int) -> Float { nodes[leaves + index] }

    /// Sets one weight. Each node is added up anew, so that no rounding gathers.
    public mutating func set(_ index: Int, to weight: Float) {
        var node = leaves + index
        nodes[node] = weight
        while node > 1 {
            node >>= 1
            nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
        }
    }

    /// Sets the weights of the leaves that some places of `indices` name, one for each, which it takes apart; of two for the
    /// same leaf the later counts. Level by level, so that the walks' waits for memory overlap.
    public mutating func set(_ indices: [Int32], of walks: Range<Int>, to weights: inout [Float]) {
        precondition(walks.count == weights.count && walks.upperBound <= indices.count)
        for walk in walks { precondition((0..<Int32(leaves)).contains(indices[walk])) }
        indices.withUnsafeBufferPointer { indices in
            weights.withUnsafeMutableBufferPointer { weights in
                nodes.withUnsafeMutableBufferPointer { nodes in
                    guard let indices = indices.baseAddress else { return }
                    kernel_ascend(
                        depth, walks.count, indices + walks.lowerBound, weights.baseAddress, nodes.baseAddress)
                }
            }
        }
    }

    /// For each of some places in 0..<total, the leaf whose share of the total covers it, and in the place of that its weight;
    /// of equal shares, all alike. The walks go down level by level side by side, so that their waits for memory overlap.
    public func find(_ places: inout [Float], _ indices: inout [Int32], walks: Range<Int>) {
        precondition(walks.upperBound <= min(places.count, indices.count))
        places.withUnsafeMutableBufferPointer { places in
            indices.withUnsafeMutableBufferPointer { indices in
                guard let places = places.baseAddress, let indices = indices.baseAddress else { return }
                kernel_descend(depth, nodes, walks.count, places + walks.lowerBound, indices + walks.lowerBound)
            }
        }
    }

    /// The weights of the first `count` leaves, to be kept.
    public func weights(count: Int) -> [Float] { Array(nodes[leaves..<leaves + count]) }

    /// Sets the first weights at once.
    public mutating func restore(_ weights: [Float]) {
        nodes.replaceSubrange(leaves..<leaves + weights.count, with: weights)
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
        }
    }
}
