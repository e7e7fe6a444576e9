import CHnswlib
import CKernels

/// Finds keys with large scores without reading all of them: a hierarchical navigable small-world graph (Malkov and
/// Yashunin 2016, by hnswlib). What it does not find it says nothing about: ``recall(of:_:effort:)`` measures
/// how much that is, and where it is too much, ``Keys`` is exact.
///
/// Keys come and go by their id, which for those it is built from is their row. It holds a copy of each, since a search
/// reads a key beside its neighbours' numbers. Searches do not wait for each other; one key coming or going they wait for.
public final class KeyIndex: @unchecked Sendable {
    // Sendable because CHnswlib locks.
    private let index: OpaquePointer
    public let dimension: Int

    /// - Parameters:
    ///   - links: how many neighbours each key has; twice as many where all keys are. Memory grows with it, and recall.
    ///   - effort: how many candidates these are chosen from. Building takes longer with it, and recall grows.
    ///   - proceed: asked now and then with how many keys are in; false throws `interrupted`.
    public init(
        _ keys: Keys, links: Int = 16, effort: Int = 40, proceed: (_ built: Int) -> Bool = { _ in true }
    ) throws(NeuralError) {
        precondition((2...1_000).contains(links) && effort > 0)
        let (center, spread) = keys.moments
        let index = hnsw_create(keys.dimension, center, spread, keys.count, links, effort)
        guard let index else { throw .outOfMemory }
        (self.index, dimension) = (index, keys.dimension)
        for key in 0..<keys.count {
            if key.isMultiple(of: 256), !proceed(key) { throw .interrupted }
            try check(keys.withPointer { hnsw_insert(index, Int32(key), $0 + key * keys.dimension) })
        }
        guard proceed(keys.count) else { throw .interrupted }
    }

    deinit { hnsw_destroy(index) }

    /// How many keys can be found.
    public var count: Int { hnsw_count(index) }

    /// The memory it takes, its copy of the keys among it: about n · (4 d + 8 links + 120) bytes and 2.6 MB, and 2 n bytes
    /// for each further thread that has searched at the same time.
    public var byteCount: Int { Int(hnsw_bytes(index)) }

    /// Puts a key in, or in the place of the one that had this id. One that is not finite cannot be found.
    public func insert(_ key: Int32, _ values: [Float]) throws(NeuralError) {
        precondition(key >= 0 && values.count == dimension)
        try check(hnsw_insert(index, key, values))
    }

    /// - Returns: whether there was such a key. The memory is kept until one comes with this id.
    @discardableResult public func remove(_ key: Int32) -> Bool { hnsw_remove(index, key) == 1 }

    /// Of the keys it finds the `most` best allowed ones, best first, of equals the first first, with the scores that exact
    /// search gives them. Where few are allowed it gives up, with what it has, once it has looked at an eighth of all keys:
    /// exact search is quicker there.
    /// - Parameters:
    ///   - effort: how many candidates it keeps, at least `most`: time and recall grow with it.
    ///   - masks: by id; what lies beyond their end is not allowed.
    public func search(
        _ query: Rows<Float>, most: Int, effort: Int, masks: KeyMasks = .none
    ) throws(NeuralError) -> [ScoredKey] {
        precondition(query.holds(rows: 1, of: dimension) && most > 0 && effort > 0)
        var (ids, scores) = ([Int32](repeating: 0, count: most), [Float](repeating: 0, count: most))
        var found = 0
        query.withPointer { query, _ in
            masks.withPointers { own, shared, members in
                found = hnsw_search(index, query, most, effort, own, shared, members, &ids, &scores)
            }
        }
        try check(Int32(clamping: found))
        return (0..<found).map { ScoredKey(key: ids[$0], score: scores[$0]) }
    }

    /// The mean share that it finds of what exact search has found, `best`, for each of some queries.
    public func recall(
        of best: [[ScoredKey]], _ queries: Rows<Float>, effort: Int, masks: KeyMasks = .none
    ) throws(NeuralError) -> Double {
        var (found, there) = (0, 0)
        for (row, best) in best.enumerated() where !best.isEmpty {
            let candidates = try search(queries.row(row), most: best.count, effort: effort, masks: masks.row(row))
            let keys = Set(candidates.map(\.key))
            found += best.count { keys.contains($0.key) }
            there += best.count
        }
        return there > 0 ? Double(found) / Double(there) : 1
    }

    private func check(_ code: Int32) throws(NeuralError) {
        if code == HNSW_OUT_OF_MEMORY { throw .outOfMemory }
        if code < 0 { throw .damagedIndex }
    }
}

extension Keys {
    /// The mean of all finite keys, and of their squared distances from it.
    fileprivate var moments: (center: [Float], spread: Float) {
        var (center, square, finite) = ([Float](repeating: 0, count: dimension), Float(0), Float(0))
        withPointer { values in
            var key = values
            for _ in 0..<count {
                let length = kernel_product(dimension, key, key)
                if length.isFinite {
                    finite += 1
                    square += (length - square) / finite
                    for place in 0..<dimension { center[place] += (key[place] - center[place]) / finite }
                }
                key += dimension
            }
        }
        return (center, max(square - kernel_product(dimension, center, center), 0))
    }
}
