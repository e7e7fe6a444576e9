/// What a user pays as what they have grows: each cost told so that it would stay the same if it grew as it should.
struct GrowthFigures {
    /// More than this is to be explained.
    private static let tolerance = 1.2

    /// Experience comes first: memory that others gave back would hide what it takes.
    enum Axis: String, CaseIterable {
        case replay, sessions, environments, connections, width
    }

    private let settings: Settings
    private let axes: [Axis]

    init(_ settings: Settings, only axes: [Axis]) {
        self.settings = settings
        self.axes = axes.isEmpty ? Axis.allCases : Axis.allCases.filter(axes.contains)
    }

    func tables() throws -> [FigureTable] {
        let all = try axes.flatMap(series(of:))
        return [summary(all), points(all)]
    }

    private func series(of axis: Axis) throws -> [Series] {
        switch axis {
        case .sessions: try SessionGrowth(settings).series()
        case .environments: try BatchGrowth(settings).series()
        case .connections: try ConnectionGrowth(settings).series()
        case .replay: try ReplayGrowth(settings).series()
        case .width: try WidthGrowth(settings).series()
        }
    }

    private func summary(_ series: [Series]) -> FigureTable {
        var table = FigureTable(
            "growth", title: "Costs of the least and of the most",
            note: """
                Each cost is told in a unit in which it would be the same everywhere if it grew as it should: × is by how much the \
                dearest point is dearer than the cheapest, and is explained where it is more than \(Self.tolerance). CPU time of \
                the server, or of the thread; medians of \(settings.runs) runs or more, all points in turn.
                """,
            columns: [
                .init(title: "axis"), .init(title: "what is paid for"), .init(title: "should be"),
                .init(title: "from", digits: 0), .init(title: "to", digits: 0),
                .init(title: "cost at first", digits: 2),
                .init(title: "at last", digits: 2), .init(title: "unit"), .init(title: "×", digits: 2),
                .init(title: "why"),
            ])
        for one in series {
            guard let first = one.points.first, let last = one.points.last else { continue }
            let isExplained = one.spread > Self.tolerance
            table.add([
                .text(one.axis), .text(one.figure), .text(one.growth), .number(first.size), .number(last.size),
                .number(first.cost), .number(last.cost), .text(one.unit), .number(one.spread),
                isExplained ? one.reason.map { .text($0) } ?? .none : .text(""),
            ])
        }
        return table
    }

    private func points(_ series: [Series]) -> FigureTable {
        var table = FigureTable(
            "growth-points", title: "Point by point",
            note: "The last column: by how much the cost is more than that of the point before.",
            columns: [
                .init(title: "axis"), .init(title: "what is paid for"), .init(title: "at", digits: 0),
                .init(title: "cost", digits: 2), .init(title: "unit"), .init(title: "÷ before", digits: 2),
            ])
        for one in series {
            for (point, step) in zip(one.points, one.steps) {
                table.add([
                    .text(one.axis), .text(one.figure), .number(point.size), .number(point.cost), .text(one.unit),
                    .init(step),
                ])
            }
        }
        return table
    }
}
