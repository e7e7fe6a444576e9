import Gym
import Neural

/// The normal form of an action space: a list of components, one for each lane of an action, each a choice among
/// finitely many members. Discrete is one component; MultiDiscrete, MultiBinary, Box, Tuple and Dict concatenate.
public struct ActionForm: Sendable, Equatable {
    public enum Component: Sendable, Equatable {
        /// The integers from `start` on.
        case categorical(count: Int, start: Int)
        /// `count` values from `low` to `high`, evenly spaced.
        case bins(low: Double, high: Double, count: Int)
        /// The integers from `start` on, too many to score each on its own, or with features that say what each is: they
        /// are scored by their keys.
        case embedded(count: Int, start: Int)

        public var count: Int {
            switch self {
            case .categorical(let count, _), .bins(_, _, let count), .embedded(let count, _): count
            }
        }

        /// The integer that the first member stands for; of bins the members are counted from 0.
        public var first: Int {
            switch self {
            case .categorical(_, let start), .embedded(_, let start): start
            case .bins: 0
            }
        }

        var isBins: Bool { if case .bins = self { true } else { false } }

        /// The lane's value that `member` stands for.
        func value(of member: Int) -> Double {
            switch self {
            case .categorical(_, let start), .embedded(_, let start): Double(start + member)
            case .bins(let low, let high, let count):
                count == 1 ? (low + high) / 2 : low + (high - low) * Double(member) / Double(count - 1)
            }
        }

        /// The member nearest to a lane's value.
        func member(nearest value: Double) -> Int {
            let place: Double =
                switch self {
                case .categorical(_, let start), .embedded(_, let start): value - Double(start)
                case .bins(let low, let high, let count):
                    high > low ? (value - low) / (high - low) * Double(count - 1) : 0
                }
            return Int(min(max(place.rounded(), 0), Double(count - 1)))
        }
    }

    /// Products of at most this many members become one joint component, whose scores assume nothing.
    public static let jointLimit = 512
    /// A component of more members than this is embedded. One may be.
    static let embeddingThreshold = 4_096
    /// More members than this are too many for a component that is not.
    private static let componentLimit = 65_536
    private static let embeddingLimit = 1 << 24

    public private(set) var components: [Component]
    /// Whether the components are scored jointly: then the head has one component, their product, the first component
    /// varying slowest.
    public let isJoint: Bool
    let element: Lanes.Element
    /// How the network scores the components.
    public private(set) var head: ScoreHead
    /// The components that are scored by Gaussians.
    let gaussians: [Int]
    /// Which component is embedded; nil for none.
    public let embedded: Int?
    /// How many bins apart those are that are open at first, where finer ones open later; 1 where all are open.
    let coarsestGrain: Int

    /// - Parameters:
    ///   - bins: the number of values for each lane of a Box.
    ///   - coarseBins: how many of them are open at first; 0 for all.
    ///   - isGaussian: whether these are scored by a Gaussian, each lane on its own.
    ///   - featureRows: of how many members features are known: of the first Discrete space of as many.
    ///   - embeds: whether a component may be embedded.
    public init(
        _ space: Space, bins: Int, coarseBins: Int = 0, isGaussian: Bool = false, featureRows: Int? = nil,
        embeds: Bool = true
    ) throws(LearningError) {
        guard let layout = space.layout else {
            throw .unsupportedSpace(
                .action, reason: "\(space.typeName) actions are not supported; \(Self.supported)")
        }
        var components: [Component] = []
        for leaf in layout.leaves {
            components += try Self.components(of: leaf, bins: bins)
        }
        guard !components.isEmpty else {
            throw .unsupportedSpace(.action, reason: "an action needs at least one lane")
        }
        embedded = try Self.embed(&components, featureRows: featureRows, embeds: embeds)
        self.components = components
        element = layout.element
        let counts = components.map(\.count)
        var product = 1
        for count in counts where product <= Self.jointLimit { product *= count }
        gaussians = isGaussian ? components.indices.filter { components[$0].isBins } : []
        coarsestGrain = coarseBins > 1 && components.contains(where: \.isBins) ? (bins - 1) / (coarseBins - 1) : 1
        let isGrowing = coarsestGrain > 1 && counts.count > 1
        isJoint =
            embedded == nil && !isGrowing && product <= Self.jointLimit && (gaussians.isEmpty || counts.count == 1)
        head = ScoreHead(components: isJoint ? [product] : counts, uncentred: embedded)
    }

    /// Marks the component that is embedded: the one that features are known of, else the one that is too large.
    /// - Returns: which it is.
    private static func embed(
        _ components: inout [Component], featureRows: Int?, embeds: Bool
    ) throws(LearningError) -> Int? {
        func isChoice(_ component: Component, where fits: (Int) -> Bool) -> Bool {
            if case .categorical(let count, _) = component { fits(count) } else { false }
        }
        let known = featureRows.flatMap { rows in components.firstIndex { isChoice($0) { $0 == rows } } }
        if let featureRows, known == nil {
            throw .invalidRequest(
                name: "action_features",
                reason: "there are \(featureRows) rows; expected one for each action of a Discrete space")
        }
        let large = components.indices.filter { isChoice(components[$0]) { $0 > embeddingThreshold } }
        let embedded = embeds ? known ?? large.max { components[$0].count < components[$1].count } : nil
        for (index, component) in components.enumerated() {
            guard component.count <= (index == embedded ? embeddingLimit : componentLimit) else {
                throw .unsupportedSpace(
                    .action,
                    reason: "one component may be embedded and have up to \(embeddingLimit) members, the others "
                        + "may have up to \(componentLimit)")
            }
        }
        guard let embedded else { return nil }
        if case .categorical(let count, let start) = components[embedded] {
            components[embedded] = .embedded(count: count, start: start)
        }
        return embedded
    }

    /// The members of each component that is scored on its own: one number where the components are scored jointly.
    public var scored: [Int] { head.components }

    /// The same with more members of the embedded component.
    func growing(to count: Int) -> ActionForm {
        guard let embedded, case .embedded(_, let start) = components[embedded] else { return self }
        var other = self
        other.components[embedded] = .embedded(count: count, start: start)
        other.head = head.resizing(embedded, to: count)
        return other
    }

    /// How many Booleans a mask has: the members of all components.
    public var maskWidth: Int { components.reduce(0) { $0 + $1.count } }

    private static let supported =
        "the agent acts in Discrete, MultiDiscrete, MultiBinary and bounded Box spaces, and Tuple and Dict of these"

    private static func components(of leaf: Layout.Leaf, bins: Int) throws(LearningError) -> [Component] {
        let place = leaf.name.isEmpty ? "" : " at \(leaf.name)"
        let components: [Component]
        switch leaf.space {
        case .discrete(let space): components = [.categorical(count: space.n, start: space.start)]
        case .multiDiscrete(let space):
            components = zip(space.nvec, space.start).map { .categorical(count: $0, start: $1) }
        case .multiBinary(let space):
            components = Array(repeating: .categorical(count: 2, start: 0), count: space.count)
        case .box(let space):
            guard space.isBounded else {
                throw .unsupportedSpace(.action, reason: "a Box of actions\(place) needs finite bounds")
            }
            components = zip(space.low, space.high).map { low, high in
                space.dtype.isFloat || high - low >= Double(bins)
                    ? .bins(low: low, high: high, count: bins)
                    : .categorical(count: Int(high - low) + 1, start: Int(low))
            }
        default: throw .unsupportedSpace(.action, reason: supported)
        }
        return components
    }
}

extension ActionForm {
    /// Writes the actions that rows of choices [rows, head.components] stand for, from row `first` of `lanes` on.
    func decode(_ choices: [Int32], rows: Int, to lanes: inout Lanes, from first: Int = 0) {
        let isWhole = element == .int64 || element == .uint8
        let width = components.count
        for row in 0..<rows {
            var rest = isJoint ? Int(choices[row]) : 0
            for lane in components.indices.reversed() {
                let component = components[lane]
                let member: Int
                if isJoint {
                    member = rest % component.count
                    rest /= component.count
                } else {
                    member = Int(choices[row * width + lane])
                }
                let value = component.value(of: member)
                lanes.set((first + row) * width + lane, to: isWhole ? value.rounded() : value)
            }
        }
    }

    /// Writes the choices nearest to the actions in rows of lanes.
    func encode(_ lanes: Lanes, rows: Int, to choices: inout [Int32]) {
        let width = components.count
        for row in 0..<rows {
            var joint = 0
            for (lane, component) in components.enumerated() {
                let member = component.member(nearest: lanes.double(row * width + lane))
                if isJoint {
                    joint = joint * component.count + member
                } else {
                    choices[row * width + lane] = Int32(member)
                }
            }
            if isJoint { choices[row] = Int32(joint) }
        }
    }

    /// Checks that masks are [rows, maskWidth], or empty, and allow something in each component of each row.
    func check(_ masks: [Bool], rows: Int) throws(LearningError) {
        guard !masks.isEmpty else { return }
        guard masks.count == rows * maskWidth else {
            throw .invalidMask(row: 0, reason: "expected \(maskWidth) booleans for each observation")
        }
        for row in 0..<rows {
            var start = row * maskWidth
            for component in components {
                guard masks[start..<start + component.count].contains(true) else {
                    throw .invalidMask(row: row, reason: "it allows no action")
                }
                start += component.count
            }
        }
    }

    /// Where a row of masks allows nothing, as after an episode's end, has it allow everything.
    func allowSomething(_ masks: inout [Bool], row: Int) {
        let flags = row * maskWidth..<(row + 1) * maskWidth
        guard flags.upperBound <= masks.count, !masks[flags].contains(true) else { return }
        for place in flags { masks[place] = true }
    }

    /// Masks over the head's members for rows of masks over the components; empty for empty.
    func widen(_ masks: [Bool], rows: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: masks.isEmpty ? 0 : rows * head.members)
        guard !masks.isEmpty else { return bytes }
        for row in 0..<rows { widen(masks, row: row, to: &bytes, row: row) }
        return bytes
    }

    /// Rows of choices, of each component any member that is allowed by masks over the head's members, or none.
    func anyChoices(_ masks: [UInt8], rows: Int, _ random: inout RandomGenerator) -> [Int32] {
        var choices: [Int32] = []
        for row in 0..<rows {
            var start = row * head.members
            for count in head.components {
                choices.append(
                    Int32(random.anyMember(of: count) { masks.isEmpty || masks[start + $0] != 0 }))
                start += count
            }
        }
        return choices
    }

    /// Takes row `source` of masks over the components, `maskWidth` Booleans, to row `target` of masks over the head's
    /// members.
    func widen(_ masks: [Bool], row source: Int, to bytes: inout [UInt8], row target: Int) {
        let (from, to) = (source * maskWidth, target * head.members)
        guard isJoint && components.count > 1 else {
            for member in 0..<head.members { bytes[to + member] = masks[from + member] ? 1 : 0 }
            return
        }
        for joint in 0..<head.members {
            var (rest, end, allowed) = (joint, from + maskWidth, true)
            for component in components.reversed() {
                end -= component.count
                allowed = allowed && masks[end + rest % component.count]
                rest /= component.count
            }
            bytes[to + joint] = allowed ? 1 : 0
        }
    }
}

extension RandomGenerator {
    /// Any of those members that are allowed, all alike; the first where none is.
    mutating func anyMember(of count: Int, where isAllowed: (Int) -> Bool) -> Int {
        for _ in 0..<64 {
            let member = integers(0, count)
            if isAllowed(member) { return member }
        }
        // Few are.
        let allowed = (0..<count).filter(isAllowed)
        return allowed.isEmpty ? 0 : allowed[integers(0, allowed.count)]
    }
}
