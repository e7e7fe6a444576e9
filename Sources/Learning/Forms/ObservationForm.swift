import Gym
import Neural

/// The normal form of an observation space: each lane is either a number, which the network sees normalised, or a
/// category, of which it sees which member is on.
public struct ObservationForm: Sendable, Equatable {
    private enum Lane: Sendable, Equatable {
        case number
        case category(count: Int, start: Int)
    }

    /// A network's first layer has a row for each lane or member.
    private static let widthLimit = 65_536

    private let lanes: [Lane]
    /// How many numbers a row has.
    public let numbers: Int
    /// The members of each category of a row.
    public let categories: [Int]

    public init(_ space: Space) throws(LearningError) {
        guard let layout = space.layout else {
            throw .unsupportedSpace(
                .observation, reason: "\(space.typeName) observations are not supported; \(Self.supported)")
        }
        var lanes: [Lane] = []
        for leaf in layout.leaves {
            lanes += try Self.lanes(of: leaf)
        }
        self.lanes = lanes
        categories = lanes.compactMap { lane in
            if case .category(let count, _) = lane { count } else { nil }
        }
        numbers = lanes.count - categories.count
        guard !lanes.isEmpty else { throw .unsupportedSpace(.observation, reason: "it needs at least one lane") }
        guard numbers + categories.reduce(0, +) <= Self.widthLimit else {
            throw .unsupportedSpace(
                .observation, reason: "it has more than \(Self.widthLimit) lanes and members of Discrete spaces")
        }
    }

    private static let supported =
        "the agent observes Box, Discrete, MultiDiscrete and MultiBinary spaces, and Tuple and Dict of these"

    private static func lanes(of leaf: Layout.Leaf) throws(LearningError) -> [Lane] {
        switch leaf.space {
        case .box(let space):
            guard space.dtype != .uint8 || space.shape.count < 2 else {
                throw .unsupportedSpace(.observation, reason: "images are not supported yet; \(supported)")
            }
            return Array(repeating: .number, count: space.count)
        case .discrete(let space): return [.category(count: space.n, start: space.start)]
        case .multiDiscrete(let space): return zip(space.nvec, space.start).map { .category(count: $0, start: $1) }
        case .multiBinary(let space): return Array(repeating: .category(count: 2, start: 0), count: space.count)
        default: throw .unsupportedSpace(.observation, reason: supported)
        }
    }

    /// How many lanes a row has.
    public var width: Int { lanes.count }

    /// Splits rows of lanes into rows of numbers and rows of categories.
    func encode(_ source: Lanes, rows: Range<Int>, to state: inout States) {
        if categories.isEmpty, case .float32(let values) = source {
            for lane in 0..<rows.count * numbers {
                state.numbers[lane] = values[rows.lowerBound * numbers + lane]
            }
            return
        }
        var (number, category) = (0, 0)
        for row in rows {
            for (lane, kind) in lanes.enumerated() {
                switch kind {
                case .number:
                    state.numbers[number] = Float(source.double(row * lanes.count + lane))
                    number += 1
                case .category(let count, let start):
                    let member = source.integer(row * lanes.count + lane) - Int64(start)
                    state.categories[category] = Int32(min(max(member, 0), Int64(count - 1)))
                    category += 1
                }
            }
        }
    }
}
