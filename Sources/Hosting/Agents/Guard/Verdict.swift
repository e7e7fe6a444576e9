import Gym

/// What a guard made of what a policy would do: row by row, what was proposed, what is served, and why.
public struct Verdict: Sendable {
    public enum Outcome: UInt8, Sendable, CaseIterable {
        /// What the policy proposed is served.
        case allowed
        /// Limits changed it.
        case changed
        /// It was refused, and the fallback is served.
        case fallback
        /// The policy was only listened to, and the fallback is served.
        case shadow

        /// As it goes over the wire.
        public var word: String { "\(self)" }
    }

    /// What spoke against a proposal.
    public struct Rules: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let bounds = Rules(rawValue: 1)
        public static let change = Rules(rawValue: 2)
        public static let allow = Rules(rawValue: 4)
        public static let deny = Rules(rawValue: 8)
        public static let confidence = Rules(rawValue: 16)
        public static let budget = Rules(rawValue: 32)
        /// It is no finite number.
        public static let finite = Rules(rawValue: 64)

        private static let named: [(rule: Rules, word: String)] = [
            (.finite, "finite"), (.allow, "allow"), (.deny, "deny"), (.confidence, "confidence_floor"),
            (.bounds, "bounds"), (.change, "max_change"), (.budget, "budget"),
        ]

        /// As they go over the wire, in the order in which they are asked.
        public var words: [String] { Self.named.filter { contains($0.rule) }.map(\.word) }
    }

    /// Rows of the action space's lanes.
    public let proposed: Lanes
    public internal(set) var served: Lanes
    /// One a row.
    public internal(set) var outcomes: [Outcome] = []
    public internal(set) var rules: [Rules] = []

    init(_ proposed: Lanes) {
        self.proposed = proposed
        served = proposed
    }
}
