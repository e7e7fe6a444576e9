import Drawing
import Gym

/// A walk along a cliff from its left end to its right: who steps off is back at the start and pays 100.
///
/// Sutton and Barto, "Reinforcement Learning: An Introduction", example 6.6. Actions: up, right, down, left. The state is
/// the cell of a grid of 4 × 12, row by row. Reward -1 a step.
struct CliffWalking: TableWorld {
    static let specs = [
        spec("CliffWalking-v1", slippery: false), spec("CliffWalkingSlippery-v1", slippery: true),
    ]

    private static func spec(_ id: String, slippery: Bool) -> EnvironmentSpec {
        EnvironmentSpec(
            id: id, summary: "Walk along a cliff without stepping off.", maxEpisodeSteps: nil,
            renderModes: [.svg, .png, .ansi, .rgbArray], renderFPS: 4,
            parameters: [
                .init("is_slippery", default: .bool(slippery), "Whether a move may go to either side, a third each.")
            ]
        ) { keywords throws(EnvironmentError) in CliffWalking(isSlippery: try keywords.bool("is_slippery")) }
    }

    private static let rows = 4
    private static let columns = 12
    private static let start = 36
    private static let goal = 47
    private static let cliff = 37...46

    var walk: TableWalk

    init(isSlippery: Bool) {
        let outcomes = (0..<Self.rows * Self.columns).map { cell in
            (0..<4).map { action in
                let moves = isSlippery ? [(action + 3) % 4, action, (action + 1) % 4] : [action]
                return moves.map { Self.outcome(cell, $0, probability: 1 / Double(moves.count)) }
            }
        }
        let initial = outcomes.indices.map { $0 == Self.start ? 1.0 : 0 }
        walk = TableWalk(TransitionTable(outcomes: outcomes, initial: initial))
    }

    private static func outcome(_ cell: Int, _ direction: Int, probability: Double) -> TransitionTable.Outcome {
        let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
        let next =
            switch direction {
            case 0: max(row - 1, 0) * columns + column
            case 1: row * columns + min(column + 1, columns - 1)
            case 2: min(row + 1, rows - 1) * columns + column
            default: row * columns + max(column - 1, 0)
            }
        return cliff.contains(next)
            ? .init(probability: probability, next: start, reward: -100, terminated: false)
            : .init(probability: probability, next: next, reward: -1, terminated: next == goal)
    }

    var text: String? {
        let rows = (0..<Self.rows).map { row in
            (0..<Self.columns).map { column in
                let cell = row * Self.columns + column
                return cell == walk.state ? "x" : cell == Self.goal ? "T" : Self.cliff.contains(cell) ? "C" : "o"
            }.joined(separator: "  ")
        }
        return rows.joined(separator: "\n") + "\n\n"
    }
}

extension CliffWalking {
    var frameSize: (width: Int, height: Int) { (64 * Self.columns, 64 * Self.rows) }

    func draw(on canvas: Canvas) {
        for cell in walk.table.outcomes.indices {
            let (row, column) = cell.quotientAndRemainder(dividingBy: Self.columns)
            canvas.within(Point(Double(column) * 64, Double(row) * 64)) {
                drawTile(cell, on: canvas)
                if cell == walk.state { Sprite.person(at: Point(32, 34), on: canvas) }
            }
        }
    }

    private func drawTile(_ cell: Int, on canvas: Canvas) {
        canvas.rectangle(x: 0, y: 0, width: 64, height: 64, Color(0x8fae6b))
        canvas.rectangle(x: 1, y: 1, width: 62, height: 62, radius: 3, Color(0xa9c785))
        if Self.cliff.contains(cell) {
            canvas.rectangle(x: 0, y: 10, width: 64, height: 54, Color(0x3b332c))
            canvas.polygon(
                [
                    Point(0, 10), Point(64, 10), Point(54, 24), Point(42, 16), Point(30, 30), Point(18, 18),
                    Point(8, 26),
                ], Color(0x7a5c3e))
        }
        if cell == Self.start { canvas.text("S", at: Point(12, 14), size: 16, Color(0x4f6b35)) }
        if cell == Self.goal {
            canvas.text("G", at: Point(12, 14), size: 16, Color(0x4f6b35))
            Sprite.flag(at: Point(44, 54), on: canvas)
        }
    }
}
