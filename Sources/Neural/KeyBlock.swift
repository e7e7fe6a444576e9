import CKernels

/// The scores of a few queries with neighbouring keys, minus infinity where a key is not allowed.
struct KeyBlock {
    /// So many that the scores stay in the second-level cache.
    static let keys = 1_024
    static let queries = 64

    let keys: Range<Int>
    let rows: Range<Int>
    fileprivate let memory: UnsafeMutablePointer<Float>

    /// As many as there are keys; whoever is given the block may overwrite them.
    func scores(_ row: Int) -> UnsafeMutablePointer<Float> {
        memory + (row - rows.lowerBound) * keys.count
    }

    func largest(_ row: Int) -> Float {
        memory[rows.count * keys.count + row - rows.lowerBound]
    }

    /// The first key with this score, which one of them has.
    func first(_ row: Int, scoring score: Float) -> Int32 {
        let scores = scores(row)
        var place = 0
        while place < keys.count - 1 && scores[place] != score { place += 1 }
        return Int32(keys.lowerBound + place)
    }
}

extension Keys {
    /// BLAS is quicker for more queries than these.
    private static var few: Int { 4 }

    /// Goes through the table, or a part of it, once for every 64 queries.
    func forEachBlock(
        _ queries: Rows<Float>, rows: Int, masks: KeyMasks, in keys: Range<Int>? = nil, _ body: (KeyBlock) -> Void
    ) {
        precondition(queries.holds(rows: rows, of: dimension) && (rows < 2 || queries.stride >= dimension))
        masks.check(rows: rows, keys: count)
        let (keys, most) = (keys ?? 0..<count, min(rows, KeyBlock.queries))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: most * (KeyBlock.keys + 1)) { memory in
            guard let memory = memory.baseAddress else { return }
            for first in stride(from: 0, to: rows, by: KeyBlock.queries) {
                let rows = first..<min(first + KeyBlock.queries, rows)
                for start in stride(from: keys.lowerBound, to: keys.upperBound, by: KeyBlock.keys) {
                    let keys = start..<min(start + KeyBlock.keys, keys.upperBound)
                    let block = KeyBlock(keys: keys, rows: rows, memory: memory)
                    fill(block, queries, masks)
                    body(block)
                }
            }
        }
    }

    private func fill(_ block: KeyBlock, _ queries: Rows<Float>, _ masks: KeyMasks) {
        let (rows, count, first) = (block.rows.count, block.keys.count, block.keys.lowerBound)
        let scores = block.memory
        withPointer { values in
            queries.withPointer { queries, stride in
                let keys = values + first * dimension
                let queries = queries + block.rows.lowerBound * stride
                if rows <= Self.few {
                    for row in 0..<rows {
                        kernel_products(count, dimension, keys, queries + row * stride, scores + row * count)
                    }
                } else {
                    Product.of(
                        queries, keys, rows: rows, inner: dimension, columns: count, to: scores, transposedB: true,
                        strides: (stride, nil, nil))
                }
            }
        }
        masks.forEach(from: block.rows.lowerBound) { mask, stride in
            kernel_mask_rows(rows, count, count, mask + first, stride, scores)
        }
        kernel_row_max(rows, count, count, scores, scores + rows * count)
    }
}
