/// Weights in the leaves of a binary tree whose nodes are the sums of their children: drawing in proportion to the
/// weights and changing one cost a walk between leaf and root.
struct SumTree: Sendable {
    /// Node 1 is the root, the children of n are 2n and 2n + 1, the leaves come last.
    private var nodes: [Float]
    private let leaves: Int
    private let depth: Int

    init(count: Int) {
        var (leaves, depth) = (1, 0)
        while leaves < count { (leaves, depth) = (leaves * 2, depth + 1) }
        self.leaves = leaves
        self.depth = depth
        nodes = [Float](repeating: 0, count: 2 * leaves)
    }

    var total: Float { nodes[1] }

    subscript(index: Int) -> Float { nodes[leaves + index] }

    /// Sets one weight. Each node is added up anew, so that no rounding gathers.
    mutating func set(_ index: Int, to weight: Float) {
        var node = leaves + index
        nodes[node] = weight
        while node > 1 {
            node >>= 1
            nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
        }
    }

    /// Sets some weights; of two for the same leaf, the later one. Level by level, so that what is above several is waited
    /// for once.
    mutating func set(_ indices: [Int32], to weights: [Float]) {
        precondition(indices.count == weights.count)
        let (leaves, depth) = (leaves, depth)
        var walks = indices
        var walk = walks.mutableSpan
        var nodes = nodes.mutableSpan
        for index in 0..<walk.count {
            walk[index] += Int32(leaves)
            nodes[Int(walk[index])] = weights[index]
        }
        for _ in 0..<depth {
            for index in 0..<walk.count {
                let node = Int(walk[index]) >> 1
                walk[index] = Int32(truncatingIfNeeded: node)
                nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
            }
        }
    }

    /// For each of some places in 0..<total, the leaf whose share of the total covers it; of equal shares, all alike.
    /// The walks go down level by level side by side, so that their waits for memory overlap.
    func find(_ places: inout [Float], _ indices: inout [Int32], walks: Range<Int>) {
        let nodes = nodes.span
        var places = places.mutableSpan
        var indices = indices.mutableSpan
        for walk in walks { indices[walk] = 1 }
        for _ in 0..<depth {
            for walk in walks {
                let left = Int(indices[walk]) << 1
                let (weight, place) = (nodes[left], places[walk])
                // Rounding may lead past the last weight: never into a subtree without any.
                let goesRight = (place >= weight ? 1 : 0) & (nodes[left + 1] > 0 ? 1 : 0)
                // No branch: every other one would be guessed wrong.
                places[walk] = place - weight * Float(goesRight)
                indices[walk] = Int32(truncatingIfNeeded: left + goesRight)
            }
        }
        for walk in walks { indices[walk] -= Int32(leaves) }
    }

    /// The weights of the first `count` leaves, to be kept.
    func weights(count: Int) -> [Float] { Array(nodes[leaves..<leaves + count]) }

    /// Sets the first weights at once.
    mutating func restore(_ weights: [Float]) {
        nodes.replaceSubrange(leaves..<leaves + weights.count, with: weights)
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
        }
    }
}
