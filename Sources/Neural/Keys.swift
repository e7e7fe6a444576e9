/// A table of vectors, one for each member of a component that may have millions, and the exact answers to what is asked of
/// it. A query scores each member by the inner product with its key. The table is read block by block, once for every 64
/// queries, and no array as long as the table is made, unless all scores are asked for.
///
/// One query reads the table at the speed of memory, quickest where `dimension` is a multiple of 16. Its scores have the
/// same bits on every processor; those of more than four queries at once are BLAS's, and may differ in the last ones.
public final class Keys: Sendable {
    /// [count, dimension], row-major.
    public let values: [Float]
    public let dimension: Int
    public let count: Int

    public init(_ values: [Float], dimension: Int) {
        precondition(dimension > 0 && !values.isEmpty && values.count.isMultiple(of: dimension))
        precondition(values.count / dimension <= Int(Int32.max))
        self.values = values
        self.dimension = dimension
        count = values.count / dimension
    }

    /// The best allowed key of each query; of equals the first, where none is allowed the first of all.
    /// - Parameters:
    ///   - queries: [rows, dimension].
    ///   - choices: the choice of each row goes here, `stride` places apart, the first to `start`.
    ///   - scores: [rows], the scores of the choices; minus infinity where none is allowed.
    public func best(
        _ queries: Rows<Float>, rows: Int, masks: KeyMasks = .none, choices: inout [Int32], from start: Int = 0,
        stride: Int = 1, scores: inout [Float]
    ) {
        precondition(scores.count >= rows && start >= 0 && stride >= 0)
        precondition(rows == 0 || start + (rows - 1) * stride < choices.count)
        for row in 0..<rows {
            choices[start + row * stride] = 0
            scores[row] = -.infinity
        }
        forEachBlock(queries, rows: rows, masks: masks) { block in
            for row in block.rows {
                let largest = block.largest(row)
                guard largest > scores[row] else { continue }
                scores[row] = largest
                choices[start + row * stride] = block.first(row, scoring: largest)
            }
        }
    }

    /// The scores of all keys, [count]; minus infinity where one is not allowed.
    public func scores(_ query: Rows<Float>, masks: KeyMasks = .none, to scores: inout [Float]) {
        precondition(scores.count >= count)
        scores.withUnsafeMutableBufferPointer { scores in
            guard let scores = scores.baseAddress else { return }
            forEachBlock(query, rows: 1, masks: masks) { block in
                (scores + block.keys.lowerBound).update(from: block.scores(0), count: block.keys.count)
            }
        }
    }
}
