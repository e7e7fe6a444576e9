/// A table of vectors, one for each member of a component that may have millions, and the exact answers to what is asked of
/// it. A query scores each member by the inner product with its key. The table is read block by block, once for every 64
/// queries, and no array as long as the table is made, unless all scores are asked for.
///
/// One query reads the table at the speed of memory, quickest where `dimension` is a multiple of 16. Its scores have the
/// same bits on every processor; those of more than four queries at once are BLAS's, and may differ in the last ones.
public final class Keys: Sendable {
    private let values: [Float]
    private let start: Int
    public let dimension: Int
    public let count: Int

    /// - Parameters:
    ///   - values: [count, dimension], row-major.
    ///   - start: where in `values` they begin; they go on to its end.
    public init(_ values: [Float], from start: Int = 0, dimension: Int) {
        let length = values.count - start
        precondition(start >= 0 && dimension > 0 && length > 0 && length.isMultiple(of: dimension))
        precondition(length / dimension <= Int(Int32.max))
        (self.values, self.start) = (values, start)
        self.dimension = dimension
        count = length / dimension
    }

    /// All numbers, [count, dimension].
    public func withPointer<Result>(_ body: (_ values: UnsafePointer<Float>) -> Result) -> Result {
        values.withUnsafeBufferPointer { values in
            guard let first = values.baseAddress else { preconditionFailure("there are keys") }
            return body(first + start)
        }
    }

    /// One key.
    public subscript(_ key: Int) -> [Float] { Array(values[start + key * dimension..<start + (key + 1) * dimension]) }

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
