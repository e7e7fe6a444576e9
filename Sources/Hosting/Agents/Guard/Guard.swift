import Gym
import Learning

/// What an agent may do, whatever its policy says.
public struct Guard: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        case enforce
        /// The policy is asked, and the fallback served.
        case shadow
    }

    /// How much may be done within some time.
    struct Budget: Sendable, Equatable {
        enum Unit: String, Sendable, CaseIterable {
            case actions
            /// The sum of what the numbers of Boxes are apart from 0.
            case magnitude
        }

        let limit: Double
        /// In seconds.
        let window: Double
        let unit: Unit
    }

    /// What one lane of an action may be.
    struct Lane: Sendable {
        enum Kind: Sendable {
            case choice
            case whole, float32, float64
        }

        let kind: Kind
        var low = -Double.infinity
        var high = Double.infinity
        /// How far it may be from what was served before.
        var change = Double.infinity
        /// Of a choice: those that alone are allowed, and those that are not.
        var allow: Set<Int64>?
        var deny: Set<Int64> = []

        var isChoice: Bool { kind == .choice }
        var isListed: Bool { allow != nil || !deny.isEmpty }
    }

    /// What it may say of itself.
    public static let fields = GuardReader.fields

    public let mode: Mode
    let lanes: [Lane]
    let budget: Budget?
    /// The least probability, under the policy, of what it chose.
    let confidenceFloor: Double?
    /// A row of the action space's lanes.
    let fallback: Lanes?
    /// Whether what is served is to be recorded.
    public let isAudited: Bool
    /// As it goes over the wire and into the catalogue: what was not said is there too.
    public let value: Value

    init(
        mode: Mode, lanes: [Lane], budget: Budget?, confidenceFloor: Double?, fallback: Lanes?, isAudited: Bool,
        value: Value
    ) {
        self.mode = mode
        self.lanes = lanes
        self.budget = budget
        self.confidenceFloor = confidenceFloor
        self.fallback = fallback
        self.isAudited = isAudited
        self.value = value
    }

    /// Whether what was served before matters.
    public var limitsChange: Bool { lanes.contains { $0.change < .infinity } }

    /// What may be chosen, as a mask over a form's components; empty for everything.
    func mask(of form: ActionForm) -> [Bool] {
        guard lanes.contains(where: \.isListed) else { return [] }
        return zip(lanes, form.components).flatMap { lane, component in
            (0..<component.count).map { lane.isListed ? lane.objection(to: Int64(component.first + $0)).isEmpty : true }
        }
    }
}

extension Guard.Lane {
    /// The lists that a choice is against.
    func objection(to choice: Int64) -> Verdict.Rules {
        var rules: Verdict.Rules = []
        if let allow, !allow.contains(choice) { rules.insert(.allow) }
        if deny.contains(choice) { rules.insert(.deny) }
        return rules
    }

    /// The number nearest to `value` that is within the bounds, and as near to `previous` as it must be where the bounds
    /// let it. Bounds are numbers of the lane's kind.
    func limit(_ value: Double, after previous: Double?) -> (value: Double, rules: Verdict.Rules) {
        var rules: Verdict.Rules = []
        var limited = min(max(value, low), high)
        if limited != value { rules.insert(.bounds) }
        guard let previous, change < .infinity else { return (limited, rules) }
        let near = min(max(limited, least(previous)), greatest(previous))
        guard near != limited else { return (limited, rules) }
        limited = min(max(near, low), high)
        rules.insert(limited == near ? .change : [.change, .bounds])
        return (limited, rules)
    }

    private func least(_ previous: Double) -> Double {
        let end = upward(previous - change)
        return previous - end > change ? end.nextUp : end
    }

    private func greatest(_ previous: Double) -> Double {
        let end = downward(previous + change)
        return end - previous > change ? end.nextDown : end
    }

    /// The least number of the lane's kind that is not less.
    func upward(_ number: Double) -> Double {
        switch kind {
        case .choice, .whole: return number.rounded(.up)
        case .float32:
            let near = Float(number)
            return Double(Double(near) < number ? near.nextUp : near)
        case .float64: return number
        }
    }

    /// The greatest number of the lane's kind that is not greater.
    func downward(_ number: Double) -> Double { -upward(-number) }
}
