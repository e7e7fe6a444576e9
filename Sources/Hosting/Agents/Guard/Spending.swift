/// What was spent of a budget lately. Time is cut into slices, and a slice counts until all of it is a window ago: within no
/// window, wherever it begins, more than the limit is spent.
struct Spending: Sendable {
    private static let slices = 64

    private let budget: Guard.Budget
    private var spent = Array(repeating: 0.0, count: Spending.slices + 1)
    private var latest = Int.min

    init(_ budget: Guard.Budget) { self.budget = budget }

    /// Spends `cost`, unless that is more than is left.
    /// - Parameter now: seconds of a clock that never goes back.
    mutating func take(_ cost: Double, at now: Double) -> Bool {
        advance(to: Int(now / budget.window * Double(Self.slices)))
        guard spent.reduce(cost, +) <= budget.limit else { return false }
        spent[place(latest)] += cost
        return true
    }

    private mutating func advance(to slice: Int) {
        guard slice > latest else { return }
        let passed = latest == .min ? spent.count : min(slice - latest, spent.count)
        for back in 0..<passed { spent[place(slice - back)] = 0 }
        latest = slice
    }

    private func place(_ slice: Int) -> Int {
        let place = slice % spent.count
        return place < 0 ? place + spent.count : place
    }

    /// The same under another limit.
    func under(_ other: Guard.Budget) -> Spending? {
        guard other.window == budget.window, other.unit == budget.unit else { return nil }
        var next = Spending(other)
        (next.spent, next.latest) = (spent, latest)
        return next
    }
}
