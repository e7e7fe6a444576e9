import Gym

/// Acting within less than an observation allows.
extension Policy {
    /// Masks that leave of what is allowed in each row only what `allowed` has too.
    /// - Parameter allowed: `network.action.maskWidth` Booleans, or empty for everything.
    /// - Returns: rows of masks; where the two leave nothing in common, the row's own is left as it was.
    public func narrow(
        _ masks: [Bool], _ observations: Lanes, rows: Int, to allowed: [Bool]
    ) throws(LearningError) -> [Bool] {
        guard !allowed.isEmpty else { return masks }
        let width = network.action.maskWidth
        precondition(allowed.count == width, "an allowance is as wide as a mask")
        let own = network.masks(masks, observations, rows: rows)
        try network.action.check(own, rows: rows)
        try network.checkAvailable(own, rows: rows)
        var narrowed: [Bool] = []
        narrowed.reserveCapacity(rows * width)
        for row in 0..<rows {
            let flags = row * width..<(row + 1) * width
            let mask = own.isEmpty ? allowed : zip(own[flags], allowed).map { $0 && $1 }
            if leavesSomething(mask) {
                narrowed += mask
            } else {
                narrowed += own.isEmpty ? Array(repeating: true, count: width) : Array(own[flags])
            }
        }
        return narrowed
    }

    private func leavesSomething(_ mask: [Bool]) -> Bool {
        do {
            try network.action.check(mask, rows: 1)
            try network.checkAvailable(mask, rows: 1)
            return true
        } catch {
            return false
        }
    }

    /// How likely the stochastic policy takes what it chose in a row; nil where that was not worked out.
    public func confidence(_ decisions: Decisions, row: Int) -> Float? {
        let head = network.action.scored
        guard !decisions.probabilities.isEmpty else { return nil }
        var (confidence, offset) = (Float(1), row * head.reduce(0, +))
        for (component, count) in head.enumerated() {
            confidence *= decisions.probabilities[offset + Int(decisions.choices[row * head.count + component])]
            offset += count
        }
        return confidence
    }
}
