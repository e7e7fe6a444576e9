/// The town of the taxi: 5 × 5 places with some walls between them, and four stands.
enum TaxiMap {
    static let side = 5
    static let places = side * side
    /// The places of the stands: red, green, yellow, blue.
    static let stands = [0, 4, 20, 23]
    /// As Gymnasium draws it: `|` is a wall, `:` is none.
    static let lines = [
        "+---------+", "|R: | : :G|", "| : | : : |", "| : : : : |", "| | : | : |", "|Y| : |B: |", "+---------+",
    ]
    private static let letters = lines.map(Array.init)

    enum Direction: Int, CaseIterable {
        case south, north, east, west

        var left: Direction {
            switch self {
            case .south: .east
            case .north: .west
            case .east: .north
            case .west: .south
            }
        }

        var right: Direction { left.opposite }

        private var opposite: Direction {
            switch self {
            case .south: .north
            case .north: .south
            case .east: .west
            case .west: .east
            }
        }
    }

    /// The next place in a direction; nil where a wall or the town's end is in the way.
    static func neighbour(of place: Int, _ direction: Direction) -> Int? {
        let (row, column) = place.quotientAndRemainder(dividingBy: side)
        return switch direction {
        case .south: row < side - 1 ? place + side : nil
        case .north: row > 0 ? place - side : nil
        case .east: letters[row + 1][2 * column + 2] == ":" ? place + 1 : nil
        case .west: letters[row + 1][2 * column] == ":" ? place - 1 : nil
        }
    }
}

/// Where the taxi, its passenger and the destination are.
struct TaxiState: Equatable {
    static let count = TaxiMap.places * 5 * 4
    /// As a passenger's stand: in the taxi.
    static let aboard = 4

    var place: Int
    /// A stand, or `aboard`.
    var passenger: Int
    /// A stand.
    var destination: Int

    init(place: Int, passenger: Int, destination: Int) {
        self.place = place
        self.passenger = passenger
        self.destination = destination
    }

    /// - Parameter index: the state's number, 0 to 499.
    init(index: Int) {
        place = index / 20
        passenger = index / 4 % 5
        destination = index % 4
    }

    var index: Int { (place * 5 + passenger) * 4 + destination }

    /// The stand that the taxi is at.
    var stand: Int? { TaxiMap.stands.firstIndex(of: place) }

    var canPickUp: Bool { passenger != Self.aboard && stand == passenger }

    var canDropOff: Bool { passenger == Self.aboard && stand != nil }
}
