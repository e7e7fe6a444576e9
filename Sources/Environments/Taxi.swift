import Drawing
import Gym

/// A taxi that fetches a passenger from one of four stands and takes them to another.
///
/// T. G. Dietterich, "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition", 2000. Actions:
/// south, north, east, west, pick up, drop off. The state is ((row · 5 + column) · 5 + passenger) · 4 + destination.
/// Reward -1 a step, 20 for the delivery, -10 for picking up or dropping off where that cannot be.
struct Taxi: TableWorld {
    static let specs = [spec("Taxi-v3"), spec("Taxi-v4")]

    private static func spec(_ id: String) -> EnvironmentSpec {
        EnvironmentSpec(
            id: id, summary: "Fetch a passenger and take them where they want to go.", maxEpisodeSteps: 200,
            rewardThreshold: 8, renderModes: [.svg, .png, .ansi, .rgbArray], renderFPS: 4,
            parameters: [
                .init("is_rainy", default: false, "Whether a move may go to either side."),
                .init("fickle_passenger", default: false, "Whether a passenger may think of another destination."),
                .init("rainy_probability", default: 0.8, "How probably a move in the rain goes right."),
                .init("fickle_probability", default: 0.3, "How probably a fickle passenger changes their mind."),
            ]
        ) { keywords throws(EnvironmentError) in try Taxi(keywords) }
    }

    var hasActionMask: Bool { true }

    var walk: TableWalk
    /// How probably the passenger is fickle in an episode; nil for never.
    private let fickleness: Double?
    /// Whether the passenger will change their mind when the taxi first moves with them.
    private var isFickle = false
    /// The direction that the taxi last took, for the picture.
    private var heading = TaxiMap.Direction.south

    init(_ keywords: Keywords) throws(EnvironmentError) {
        func probability(_ name: String) throws(EnvironmentError) -> Double {
            let value = try keywords.double(name)
            guard (0...1).contains(value) else {
                throw .invalidKwarg(name: name, reason: "expected a probability, not \(value)")
            }
            return value
        }
        let rainy = try probability("rainy_probability")
        let fickle = try probability("fickle_probability")
        fickleness = try keywords.bool("fickle_passenger") ? fickle : nil
        walk = TableWalk(Self.table(inRain: try keywords.bool("is_rainy") ? rainy : nil), certain: 1.0)
    }

    private static func table(inRain success: Double?) -> TransitionTable {
        let outcomes = (0..<TaxiState.count).map { state in
            (0..<6).map { action in Self.outcomes(of: TaxiState(index: state), action, inRain: success) }
        }
        let begins = outcomes.indices.map {
            let state = TaxiState(index: $0)
            return state.passenger != TaxiState.aboard && state.passenger != state.destination
        }
        let count = Double(begins.count { $0 })
        return TransitionTable(outcomes: outcomes, initial: begins.map { $0 ? 1 / count : 0 })
    }

    private static func outcomes(
        of state: TaxiState, _ action: Int, inRain success: Double?
    ) -> [TransitionTable.Outcome] {
        guard let direction = TaxiMap.Direction(rawValue: action) else {
            return [action == 4 ? pickUp(state) : dropOff(state)]
        }
        func move(_ direction: TaxiMap.Direction, _ probability: Double) -> TransitionTable.Outcome {
            var next = state
            next.place = TaxiMap.neighbour(of: state.place, direction) ?? state.place
            return .init(probability: probability, next: next.index, reward: -1, terminated: false)
        }
        guard let success else { return [move(direction, 1)] }
        // Where the way is barred there is no drifting either.
        let isFree = TaxiMap.neighbour(of: state.place, direction) != nil
        let aside = (1 - success) / 2
        return [
            move(direction, success), move(isFree ? direction.left : direction, aside),
            move(isFree ? direction.right : direction, aside),
        ]
    }

    private static func pickUp(_ state: TaxiState) -> TransitionTable.Outcome {
        var next = state
        if state.canPickUp { next.passenger = TaxiState.aboard }
        return .init(probability: 1, next: next.index, reward: state.canPickUp ? -1 : -10, terminated: false)
    }

    private static func dropOff(_ state: TaxiState) -> TransitionTable.Outcome {
        guard state.canDropOff, let stand = state.stand else {
            return .init(probability: 1, next: state.index, reward: -10, terminated: false)
        }
        var next = state
        next.passenger = stand
        let delivered = stand == state.destination
        return .init(probability: 1, next: next.index, reward: delivered ? 20 : -1, terminated: delivered)
    }

    private var state: TaxiState { TaxiState(index: walk.state) }

    /// nil with a fickle passenger, whose change of mind no table of states holds.
    var transitionTable: TransitionTable? { fickleness == nil ? walk.table : nil }

    var info: Value {
        .object([.init("prob", walk.probability), .init("action_mask", .integers(mask.map { $0 ? 1 : 0 }))])
    }

    func writeActionMask(_ mask: inout MutableSpan<Bool>) {
        for (action, available) in self.mask.enumerated() { mask[action] = available }
    }

    private var mask: [Bool] {
        let state = state
        return TaxiMap.Direction.allCases.map { TaxiMap.neighbour(of: state.place, $0) != nil }
            + [state.canPickUp, state.canDropOff]
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        walk.begin(&random)
        isFickle = fickleness.map { random.random() < $0 } ?? false
        heading = .south
        observation[0] = Int64(walk.state)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let before = state
        let outcome = walk.step(Int(action[0]), &random)
        heading = TaxiMap.Direction(rawValue: Int(action[0])) ?? heading
        if isFickle && before.passenger == TaxiState.aboard && state.place != before.place {
            isFickle = false
            var after = state
            let others = TaxiMap.stands.indices.filter { $0 != before.destination }
            after.destination = others[random.choice(others.count)]
            walk.move(to: after.index)
        }
        observation[0] = Int64(walk.state)
        return Step(reward: outcome.reward, terminated: outcome.terminated)
    }

    func save(to writer: inout StateWriter) {
        walk.save(to: &writer)
        writer.write(isFickle)
        writer.write(heading.rawValue)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try walk.restore(from: &reader)
        isFickle = try reader.readBool() && fickleness != nil
        heading = TaxiMap.Direction(rawValue: try reader.readInt(in: 0..<4)) ?? .south
    }

    var text: String? {
        var letters = TaxiMap.lines.map { $0.map(String.init) }
        func paint(_ place: Int, _ change: (String) -> String) {
            let (row, column) = place.quotientAndRemainder(dividingBy: TaxiMap.side)
            letters[row + 1][2 * column + 1] = change(letters[row + 1][2 * column + 1])
        }
        let state = state
        if state.passenger == TaxiState.aboard {
            paint(state.place) { Terminal.green.paint($0 == " " ? "_" : $0, highlight: true) }
        } else {
            paint(state.place) { Terminal.yellow.paint($0, highlight: true) }
            paint(TaxiMap.stands[state.passenger]) { Terminal.blue.paint($0, bold: true) }
        }
        paint(TaxiMap.stands[state.destination]) { Terminal.magenta.paint($0) }
        let actions = ["South", "North", "East", "West", "Pickup", "Dropoff"]
        let action = walk.lastAction.map { "  (\(actions[$0]))" } ?? ""
        return (letters.map { $0.joined() } + [action]).joined(separator: "\n") + "\n"
    }
}

extension Taxi {
    var frameSize: (width: Int, height: Int) { (536, 456) }

    private static let colors: [UInt32] = [0xd84a3a, 0x3f9e4d, 0xe0b92f, 0x3f6fd0]
    private static let names = ["Red", "Green", "Yellow", "Blue"]

    /// The middle of a place.
    private static func point(_ place: Int) -> Point {
        let (row, column) = place.quotientAndRemainder(dividingBy: TaxiMap.side)
        return Point(48 + 44 + Double(column) * 88, 128 + 28 + Double(row) * 56)
    }

    func draw(on canvas: Canvas) {
        let state = state
        canvas.rectangle(x: 0, y: 0, width: 536, height: 456, Color(0xfafaf6))
        drawCaption(on: canvas)
        canvas.rectangle(x: 40, y: 120, width: 456, height: 296, radius: 6, Color(0x6f6a62))
        canvas.rectangle(x: 48, y: 128, width: 440, height: 280, Color(0xd9d5cc))
        for (stand, place) in TaxiMap.stands.enumerated() {
            let middle = Self.point(place)
            canvas.rectangle(
                x: middle.x - 40, y: middle.y - 25, width: 80, height: 50, radius: 5,
                Color(Self.colors[stand], alpha: 0.55))
            if stand == state.destination { Sprite.flag(at: Point(middle.x + 30, middle.y + 20), on: canvas) }
            if stand == state.passenger { Sprite.person(at: Point(middle.x - 26, middle.y + 2), on: canvas) }
        }
        drawWalls(on: canvas)
        drawTaxi(on: canvas, at: Self.point(state.place))
    }

    private func drawCaption(on canvas: Canvas) {
        let state = state
        let from = state.passenger == TaxiState.aboard ? "aboard" : "at \(Self.names[state.passenger])"
        canvas.text(
            "Passenger \(from), to \(Self.names[state.destination])", at: Point(268, 64), size: 26, Color(0x3b3733))
    }

    private func drawWalls(on canvas: Canvas) {
        for place in 0..<TaxiMap.places where place % TaxiMap.side < TaxiMap.side - 1 {
            guard TaxiMap.neighbour(of: place, .east) == nil else { continue }
            let middle = Self.point(place)
            canvas.rectangle(x: middle.x + 41, y: middle.y - 28, width: 6, height: 56, Color(0x6f6a62))
        }
    }

    private func drawTaxi(on canvas: Canvas, at middle: Point) {
        let angle: Double =
            switch heading {
            case .east: 0
            case .south: .pi / 2
            case .west: .pi
            case .north: -.pi / 2
            }
        canvas.within(middle, angle: angle) {
            for (x, y) in [(-14.0, -13.0), (14, -13), (-14, 13), (14, 13)] {
                canvas.rectangle(x: x - 5, y: y - 3, width: 10, height: 6, radius: 2, Color(0x2b2b2b))
            }
            canvas.rectangle(x: -24, y: -13, width: 48, height: 26, radius: 7, Color(0xf5c518))
            canvas.rectangle(x: 4, y: -10, width: 9, height: 20, radius: 3, Color(0x35495e))
            canvas.rectangle(x: -18, y: -9, width: 6, height: 18, radius: 3, Color(0x35495e))
            canvas.circle(
                Point(-4, 0), radius: 5, Color(state.passenger == TaxiState.aboard ? 0xd9663b : 0xfff4c2))
        }
    }
}
