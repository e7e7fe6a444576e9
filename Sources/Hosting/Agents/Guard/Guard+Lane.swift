import Gym

extension Guard {
    /// What one lane of an action may be.
    struct Lane: Sendable {
        enum Kind: Sendable {
            case choice
            case whole, float32, float64
        }

        let kind: Kind
        var low: Double
        var high: Double
        /// How far it may be from what was served before.
        var change = Double.infinity
        /// Of a choice: those that alone are allowed, and those that are not.
        var allow: Set<Int64>?
        var deny: Set<Int64> = []

        /// A lane of a part that has no parts, as the space has it.
        init(_ leaf: Layout.Leaf, _ index: Int) {
            kind =
                switch leaf.dtype {
                case _ where !leaf.space.isBox: .choice
                case .float32: .float32
                case .float64: .float64
                default: .whole
                }
            let bounds = leaf.space.bounds
            (low, high) = (bounds.low(index), bounds.high(index))
        }

        var isChoice: Bool { kind == .choice }
        var isListed: Bool { allow != nil || !deny.isEmpty }
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

    /// The least number of the lane's kind that is not less, as it is and as replies in JSON tell it.
    func within(_ bound: Double) -> Double {
        let number = upward(bound)
        guard kind == .float32, let told = Double("\(Float(number))"), told < bound else { return number }
        return Double(Float(number).nextUp)
    }
}
