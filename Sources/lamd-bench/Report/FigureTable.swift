import Foundation

/// Figures in rows, to be read on a terminal or drawn from JSON.
struct FigureTable: Encodable {
    struct Column: Encodable {
        let title: String
        /// Digits behind the point; nil where the cells are text.
        var digits: Int?
    }

    enum Cell {
        case text(String)
        case number(Double)
        /// There is no such figure.
        case none
    }

    /// One word, by which a script finds it.
    let name: String
    let title: String
    /// How it was measured.
    let note: String
    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ name: String, title: String, note: String, columns: [Column]) {
        self.name = name
        self.title = title
        self.note = note
        self.columns = columns
    }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count)
        rows.append(row)
    }

    /// For a terminal.
    var text: String {
        let lines = [columns.map(\.title)] + rows.map { row in zip(row, columns).map { $0.text(digits: $1.digits) } }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let body = lines.map { line in
            columns.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - line[column].count)
                return columns[column].digits == nil ? line[column] + space : space + line[column]
            }.joined(separator: "  ")
        }
        return ([title] + body + [note]).joined(separator: "\n")
    }
}

extension FigureTable.Cell: Encodable {
    init(_ number: Double?) { self = number.map { .number($0) } ?? .none }

    func text(digits: Int?) -> String {
        switch self {
        case .text(let text): text
        case .number(let number): number.text(digits: digits ?? 0)
        case .none: "–"
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .none: try container.encodeNil()
        }
    }
}

extension Double {
    /// With a comma before every three digits.
    func text(digits: Int) -> String {
        let parts = String(format: "%.\(digits)f", abs(self)).split(separator: ".")
        var whole = ""
        for (place, digit) in parts[0].reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3) { whole.append(",") }
            whole.append(digit)
        }
        let sign = self < 0 ? "-" : ""
        return sign + ([String(whole.reversed())] + parts.dropFirst().map(String.init)).joined(separator: ".")
    }
}

extension [Double] {
    /// - Precondition: it is not empty.
    var median: Double {
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    var mean: Double { reduce(0, +) / Double(count) }
}
