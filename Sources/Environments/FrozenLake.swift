import Drawing
import Gym

/// A frozen lake to be crossed from S to G without falling into a hole, on ice that may be slippery.
///
/// Actions: left, down, right, up. The state is the cell, row by row. On slippery ice a move goes where it should with
/// probability `success_rate`, else to either side of that, in equal parts.
struct FrozenLake: TableWorld {
    static let specs = [
        spec("FrozenLake-v0", map: "4x4", maxEpisodeSteps: 100, rewardThreshold: 0.7),
        spec("FrozenLake-v1", map: "4x4", maxEpisodeSteps: 100, rewardThreshold: 0.7),
        spec("FrozenLake8x8-v1", map: "8x8", maxEpisodeSteps: 200, rewardThreshold: 0.85),
    ]

    private static func spec(
        _ id: String, map: String, maxEpisodeSteps: Int, rewardThreshold: Double
    ) -> EnvironmentSpec {
        EnvironmentSpec(
            id: id, summary: "Cross a frozen lake without falling into a hole.", maxEpisodeSteps: maxEpisodeSteps,
            rewardThreshold: rewardThreshold, renderModes: [.svg, .png, .ansi, .rgbArray], renderFPS: 4,
            parameters: [
                .init("desc", default: nil, "A map of one's own: rows of S (start), F (ice), H (hole), G (goal)."),
                .init("map_name", default: .string(map), "4x4 or 8x8, where there is no desc."),
                .init("is_slippery", default: true, "Whether a move may go to either side."),
                .init("success_rate", default: .double(1.0 / 3.0), "How probably a move on slippery ice goes right."),
                .init("reward_schedule", default: [1, 0, 0], "Rewards for the goal, a hole, and the ice."),
            ]
        ) { keywords throws(EnvironmentError) in try FrozenLake(keywords) }
    }

    private static let maps = [
        "4x4": ["SFFF", "FHFH", "FFFH", "HFFG"],
        "8x8": [
            "SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG",
        ],
    ]

    private let map: TileMap
    var walk: TableWalk

    init(_ keywords: Keywords) throws(EnvironmentError) {
        map = try Self.map(keywords)
        let success = try keywords.double("success_rate")
        guard (0...1).contains(success) else {
            throw .invalidKwarg(name: "success_rate", reason: "expected a probability, not \(success)")
        }
        let rewards = keywords["reward_schedule"].arrayElements.compactMap(\.asDouble).filter(\.isFinite)
        guard rewards.count == 3, keywords["reward_schedule"].elementCount == 3 else {
            throw .invalidKwarg(name: "reward_schedule", reason: "expected 3 numbers: goal, hole, ice")
        }
        let slip = try keywords.bool("is_slippery") ? Slip(success: success) : nil
        walk = TableWalk(Self.table(map, slip, goal: rewards[0], hole: rewards[1], ice: rewards[2]))
    }

    private static func map(_ keywords: Keywords) throws(EnvironmentError) -> TileMap {
        let desc = keywords["desc"]
        if !desc.isNull { return try TileMap(desc) }
        guard let name = try keywords.string("map_name") else {
            throw .invalidKwarg(name: "map_name", reason: "a random map is another each time: give one as desc")
        }
        guard let rows = maps[name] else {
            throw .invalidKwarg(name: "map_name", reason: "expected 4x4 or 8x8, not \(name)")
        }
        return try TileMap(.strings(rows))
    }

    /// How probably a move on slippery ice goes right, and how probably to one side.
    private struct Slip {
        let success: Double
        var side: Double { (1 - success) / 2 }
    }

    private static func table(
        _ map: TileMap, _ slip: Slip?, goal: Double, hole: Double, ice: Double
    ) -> TransitionTable {
        func move(_ cell: Int, _ direction: Int, _ probability: Double) -> TransitionTable.Outcome {
            let next = map.neighbour(of: cell, direction)
            let tile = map.tiles[next]
            let reward = tile == .goal ? goal : tile == .hole ? hole : ice
            return .init(probability: probability, next: next, reward: reward, terminated: tile.isLast)
        }
        let outcomes = map.tiles.indices.map { cell in
            (0..<4).map { action -> [TransitionTable.Outcome] in
                if map.tiles[cell].isLast { return [.init(probability: 1, next: cell, reward: 0, terminated: true)] }
                guard let slip else { return [move(cell, action, 1)] }
                return [
                    move(cell, (action + 3) % 4, slip.side), move(cell, action, slip.success),
                    move(cell, (action + 1) % 4, slip.side),
                ]
            }
        }
        let starts = Double(map.tiles.count { $0 == .start })
        return TransitionTable(outcomes: outcomes, initial: map.tiles.map { $0 == .start ? 1 / starts : 0 })
    }

    var text: String? {
        let action = walk.lastAction.map { "  (\(["Left", "Down", "Right", "Up"][$0]))" } ?? ""
        let rows = (0..<map.rows).map { row in
            (0..<map.columns).map { column in
                let cell = row * map.columns + column
                let letter = String(map.tiles[cell].rawValue)
                return cell == walk.state ? Terminal.red.paint(letter, highlight: true) : letter
            }.joined()
        }
        return ([action] + rows).joined(separator: "\n") + "\n"
    }
}

/// The map of a lake.
private struct TileMap: Sendable {
    enum Tile: Character, Sendable {
        case start = "S"
        case ice = "F"
        case hole = "H"
        case goal = "G"

        /// Whether an episode ends here.
        var isLast: Bool { self == .hole || self == .goal }
    }

    static let maximumSide = 128

    let rows: Int
    let columns: Int
    /// Row by row.
    let tiles: [Tile]

    /// From rows of letters: strings, or arrays of one-letter strings.
    init(_ desc: Value) throws(EnvironmentError) {
        func wrong(_ reason: String) -> EnvironmentError { .invalidKwarg(name: "desc", reason: reason) }
        let lines = desc.arrayElements.compactMap { row in
            row.asString ?? (row.elementCount.map { _ in row.arrayElements.compactMap(\.asString).joined() })
        }
        guard let first = lines.first, lines.count == desc.elementCount,
            lines.allSatisfy({ $0.count == first.count }), (1...Self.maximumSide).contains(first.count),
            lines.count <= Self.maximumSide
        else {
            throw wrong("expected rows of one length, at most \(Self.maximumSide) each way, of the letters S, F, H, G")
        }
        let letters = lines.joined()
        tiles = letters.compactMap(Tile.init(rawValue:))
        guard tiles.count == letters.count else { throw wrong("expected only the letters S, F, H, G") }
        guard tiles.contains(.start) else { throw wrong("there is no start, S") }
        rows = lines.count
        columns = first.count
    }

    /// The cell to the left of (0), below (1), right of (2) or above (3) a cell; the cell itself at the rim.
    func neighbour(of cell: Int, _ direction: Int) -> Int {
        let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
        return switch direction {
        case 0: row * columns + max(column - 1, 0)
        case 1: min(row + 1, rows - 1) * columns + column
        case 2: row * columns + min(column + 1, columns - 1)
        default: max(row - 1, 0) * columns + column
        }
    }
}

extension FrozenLake {
    var frameSize: (width: Int, height: Int) { (min(64 * map.columns, 512), min(64 * map.rows, 512)) }

    func draw(on canvas: Canvas) {
        let width = Double(frameSize.width) / Double(map.columns)
        let height = Double(frameSize.height) / Double(map.rows)
        for cell in map.tiles.indices {
            let (row, column) = cell.quotientAndRemainder(dividingBy: map.columns)
            canvas.within(
                Point(Double(column) * width, Double(row) * height), scaleX: width / 64, scaleY: height / 64
            ) {
                draw(map.tiles[cell], on: canvas)
                // Who has fallen in is not seen any more.
                if cell == walk.state && map.tiles[cell] != .hole { Sprite.person(at: Point(32, 34), on: canvas) }
            }
        }
    }

    private func draw(_ tile: TileMap.Tile, on canvas: Canvas) {
        canvas.rectangle(x: 0, y: 0, width: 64, height: 64, Color(0xb4c8e6))
        canvas.rectangle(x: 1, y: 1, width: 62, height: 62, radius: 3, Color(0xe3f0fb))
        switch tile {
        case .ice: canvas.line([Point(14, 46), Point(24, 40), Point(30, 47)], width: 1, Color(0xb4c8e6))
        case .hole:
            canvas.circle(Point(32, 32), radius: 25, Color(0x9cb8d8))
            canvas.circle(Point(32, 34), radius: 21, Color(0x1f4a78))
        case .start: canvas.text("S", at: Point(12, 14), size: 16, Color(0x5b7ea6))
        case .goal:
            canvas.text("G", at: Point(12, 14), size: 16, Color(0x5b7ea6))
            Sprite.flag(at: Point(44, 54), on: canvas)
        }
    }
}
