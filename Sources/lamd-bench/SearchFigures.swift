import CKernels
import Foundation
import Gym
import Neural

/// How long it takes to find the best of very many actions, exactly and by an index.
struct SearchFigures {
    private static let dimension = 32
    private static let degrees = 12
    private static let batch = 64
    private static let judged = 200
    private static let efforts = [16, 32, 64, 128, 256]
    private let settings: Settings
    private let sizes: [Int]

    init(_ settings: Settings, sizes: [Int]) {
        self.settings = settings
        self.sizes = sizes
    }

    func tables() throws -> [FigureTable] {
        var (exact, index) = (Self.exactTable(settings.runs), Self.indexTable())
        for size in sizes {
            var random = RandomGenerator(seed: 1)
            let features = Features(degrees: Self.degrees, dimension: Self.dimension, random: &random)
            let keys = Keys(features.draw(size, random: &random), dimension: Self.dimension)
            let queries = Rows(features.draw(Self.judged, random: &random), stride: Self.dimension)
            let best = addExact(keys, queries, to: &exact)
            try addIndex(keys, queries, exact: best, to: &index)
        }
        return [exact, index]
    }

    /// - Returns: how long one query takes, in milliseconds.
    private func addExact(_ keys: Keys, _ queries: Rows<Float>, to table: inout FigureTable) -> Double {
        var (choices, scores) = ([Int32](repeating: 0, count: Self.batch), [Float](repeating: 0, count: Self.batch))
        var (sum, reads, alone) = (0.0, [Double](), [Double]())
        // In turns, for memory is shared with whatever else the machine does.
        for _ in 0..<settings.runs {
            reads.append(
                milliseconds { sum += keys.withPointer { kernel_sum_of_squares(keys.count * keys.dimension, $0) } })
            alone.append(milliseconds { keys.best(queries, rows: 1, choices: &choices, scores: &scores) })
        }
        let many = settings.median {
            milliseconds { keys.best(queries, rows: Self.batch, choices: &choices, scores: &scores) }
        }
        let top = settings.median { milliseconds { scores[0] = keys.top(10, queries)[0].score } }
        let drawn = settings.median { milliseconds { _ = keys.sample(queries, uniform: 0.5) } }
        precondition(sum.isFinite)
        table.add([
            .number(Double(keys.count)), .number(reads.median), .number(alone.median),
            .number(alone.median / reads.median), .number(top), .number(drawn), .number(many),
            .number(many / Double(Self.batch)),
        ])
        return alone.median
    }

    private func addIndex(_ keys: Keys, _ queries: Rows<Float>, exact: Double, to table: inout FigureTable) throws {
        let before = Self.residentBytes
        let start = ContinuousClock.now
        let index = try KeyIndex(keys)
        let (seconds, grown) = ((.now - start) / .seconds(1), Self.residentBytes - before)
        let best = (0..<Self.judged).map { keys.top(10, queries.row($0)) }
        for effort in Self.efforts {
            let recall = try index.recall(of: best, queries, effort: effort)
            let times = try (0..<Self.judged).map { row in
                let query = queries.row(row)
                return try milliseconds(once: true) { _ = try index.search(query, most: 10, effort: effort) }
            }
            table.add([
                .number(Double(keys.count)), .number(seconds), .number(Double(index.byteCount) / 1e6),
                .number(grown / 1e6), .number(Double(effort)), .number(recall), .number(times.median),
                .number(exact / times.median),
            ])
        }
    }

    private func milliseconds(once: Bool = false, _ body: () throws -> Void) rethrows -> Double {
        guard once else {
            return try 1_000
                / Stopwatch.rate(atLeast: .milliseconds(100)) {
                    try body()
                    return 1
                }
        }
        let start = ContinuousClock.now
        try body()
        return (.now - start) / .milliseconds(1)
    }

    /// What this process has of the machine's memory.
    private static var residentBytes: Double {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Double(fields[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    private static func exactTable(_ runs: Int) -> FigureTable {
        FigureTable(
            "search", title: "Exact search: ms, one thread",
            note: """
                \(dimension) numbers a key. Read: one pass over the keys that only adds their squares. Medians of \(runs) runs of at \
                least 0.1 s.
                """,
            columns: [
                .init(title: "keys", digits: 0), .init(title: "read", digits: 3), .init(title: "best", digits: 3),
                .init(title: "of read", digits: 2), .init(title: "top 10", digits: 3),
                .init(title: "sample", digits: 3), .init(title: "best of \(batch)", digits: 2),
                .init(title: "a query", digits: 3),
            ])
    }

    private static func indexTable() -> FigureTable {
        FigureTable(
            "index", title: "The index: ms a query, one thread",
            note: """
                Keys and queries with \(degrees) degrees of freedom in \(dimension) numbers. MB: by its own account, and what the process \
                grew by. Recall: the share of the ten best that it finds, and the median time, over \(judged) queries. Gain: exact \
                search's time over that.
                """,
            columns: [
                .init(title: "keys", digits: 0), .init(title: "built in s", digits: 1), .init(title: "MB", digits: 1),
                .init(title: "grown", digits: 1), .init(title: "effort", digits: 0),
                .init(title: "recall@10", digits: 3), .init(title: "ms", digits: 3), .init(title: "gain", digits: 1),
            ])
    }
}

/// Features with fewer degrees of freedom than numbers, as those of real actions have.
private struct Features {
    let degrees: Int
    let dimension: Int
    private let map: [Float]

    init(degrees: Int, dimension: Int, random: inout RandomGenerator) {
        (self.degrees, self.dimension) = (degrees, dimension)
        map = (0..<degrees * dimension).map { _ in Float(2 * random.random() - 1) }
    }

    func draw(_ rows: Int, random: inout RandomGenerator) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(rows * dimension)
        for _ in 0..<rows {
            let hidden = (0..<degrees).map { _ in Float(2 * random.random() - 1) }
            for column in 0..<dimension {
                var sum: Float = 0
                for degree in 0..<degrees { sum += hidden[degree] * map[degree * dimension + column] }
                values.append(tanh(sum))
            }
        }
        return values
    }
}
