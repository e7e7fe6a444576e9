/// Columns of text, as wide as their widest cell.
struct Table {
    struct Column {
        let title: String
        var isNumber = false
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ row: [String]) {
        precondition(row.count == columns.count)
        rows.append(row)
    }

    /// - Parameter limit: columns of the terminal that the lines are cut at.
    func text(cutAt limit: Int?) -> String {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = columns.indices.map { pad(row[$0], to: widths[$0], isRight: columns[$0].isNumber) }
            let line = cells.joined(separator: "  ")
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            return String(line[..<end].prefix(limit ?? .max))
        }.joined(separator: "\n")
    }

    private func pad(_ text: String, to width: Int, isRight: Bool) -> String {
        let space = String(repeating: " ", count: width - text.count)
        return isRight ? space + text : text + space
    }
}
