/// When each session is looked at next, to see whether its lease has run out. Use only ever prolongs a lease: a session need
/// not be looked at before the time that its lease had when it was looked at last, and most seconds concern none.
struct Leases: Sendable {
    private let start = ContinuousClock.now
    /// By the second from the start, counted up, in which they are looked at.
    private var due: [Int: Set<Identifier>] = [:]
    /// The earliest second that has not been looked at.
    private var next = 0

    /// - Returns: the second in which it is looked at, by which it is removed.
    mutating func add(_ id: Identifier, at time: ContinuousClock.Instant) -> Int {
        let second = max(second(of: time) + 1, next)
        due[second, default: []].insert(id)
        return second
    }

    mutating func remove(_ id: Identifier, from second: Int) {
        guard due[second]?.remove(id) != nil, due[second]?.isEmpty == true else { return }
        due[second] = nil
    }

    /// Removes those whose turn has come by `now`.
    mutating func take(by now: ContinuousClock.Instant) -> [Identifier] {
        var taken: [Identifier] = []
        while next <= second(of: now) {
            taken += due.removeValue(forKey: next) ?? []
            next += 1
        }
        return taken
    }

    private func second(of time: ContinuousClock.Instant) -> Int { Int((time - start).components.seconds) }
}
