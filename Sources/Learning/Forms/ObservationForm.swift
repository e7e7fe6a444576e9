import Gym
import Neural

/// The normal form of an observation space: each lane is either a number, which the network sees normalised, or a
/// category, of which it sees which member is on. A part of a Dict named `action_mask`, of zeros and ones, as many as a mask
/// of actions has, is not seen but heeded: it says what is allowed.
public struct ObservationForm: Sendable, Equatable {
    private enum Lane: Sendable, Equatable {
        case number
        case category(count: Int, start: Int)
        case mask
    }

    /// A network's first layer has a row for each lane or member.
    private static let widthLimit = 65_536

    private let lanes: [Lane]
    /// How many numbers a row has.
    public let numbers: Int
    /// The members of each category of a row.
    public let categories: [Int]
    /// The lanes that are a mask of actions; nil where none are.
    public let maskLanes: Range<Int>?

    /// - Parameter maskWidth: how many flags a mask of actions has; 0 where no part is to be taken for one.
    public init(_ space: Space, maskWidth: Int = 0) throws(LearningError) {
        guard let layout = space.layout else {
            throw .unsupportedSpace(
                .observation, reason: "\(space.typeName) observations are not supported; \(Self.supported)")
        }
        var lanes: [Lane] = []
        var maskLanes: Range<Int>?
        for leaf in layout.leaves {
            if leaf.isMask(of: maskWidth) {
                maskLanes = lanes.count..<lanes.count + leaf.count
                lanes += Array(repeating: .mask, count: leaf.count)
            } else {
                lanes += try Self.lanes(of: leaf)
            }
        }
        (self.lanes, self.maskLanes) = (lanes, maskLanes)
        categories = lanes.compactMap { lane in
            if case .category(let count, _) = lane { count } else { nil }
        }
        numbers = lanes.count { $0 == .number }
        guard numbers + categories.count > 0 else {
            throw .unsupportedSpace(.observation, reason: "it needs at least one lane")
        }
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
        if numbers == lanes.count, case .float32(let values) = source {
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
                case .mask: break
                }
            }
        }
    }
}

extension Layout.Leaf {
    /// Whether this part says which of so many actions are allowed.
    fileprivate func isMask(of width: Int) -> Bool {
        guard name == ".action_mask", width > 0, count == width else { return false }
        return switch space {
        case .multiBinary: true
        case .box(let box): box.low.allSatisfy { $0 == 0 } && box.high.allSatisfy { $0 == 1 }
        default: false
        }
    }
}

extension Network {
    /// What is allowed in rows of observations, [rows, maskWidth]: what was given, as far as the observations themselves
    /// allow it. Empty where everything is.
    func masks(_ given: [Bool], _ observations: Lanes, rows: Int) -> [Bool] {
        guard let lanes = observation.maskLanes else { return given }
        return (0..<rows).flatMap { row in
            lanes.map { lane in
                observations.double(row * observation.width + lane) != 0
                    && (given.isEmpty || given[row * lanes.count + lane - lanes.lowerBound])
            }
        }
    }
}
