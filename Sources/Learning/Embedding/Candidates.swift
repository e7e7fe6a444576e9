import Gym

/// The members of an embedded component that are in the running for a while: learning looks at some hundreds of a million.
/// The maximum over some of which most are drawn anew each time, and some were good before, is enough to learn from
/// (stochastic Q-learning, Fourati 2024); acting with what was learned looks at all.
struct Candidates: Sendable {
    /// Different members, as many as ever; all of them in order where there are no more.
    private(set) var ids: [Int32]
    /// By member: its place in ``ids``, or −1.
    private var places: [Int32]

    /// - Parameter count: how many are in the running, at most.
    init(_ count: Int, of members: Int) {
        ids = (0..<min(count, members)).map { Int32($0) }
        places = Array(repeating: -1, count: members)
        for id in ids { places[Int(id)] = id }
    }

    var isEverybody: Bool { ids.count == places.count }

    /// Where a member is among the candidates; nil where it is not.
    func place(of member: Int32) -> Int32? {
        let place = places[Int(member)]
        return place < 0 ? nil : place
    }

    /// Puts others in the running: those that are wanted, in order while there is room, and of the rest any.
    /// - Parameter isWithdrawn: who is not put in the running unless wanted, while there are others.
    mutating func draw(wanted: [Int32], isWithdrawn: (Int) -> Bool, _ random: inout RandomGenerator) {
        guard !isEverybody else { return }
        for id in ids { places[Int(id)] = -1 }
        let count = ids.count
        var next = 0
        func take(_ id: Int32) {
            guard next < count, places[Int(id)] < 0 else { return }
            ids[next] = id
            places[Int(id)] = Int32(next)
            next += 1
        }
        for id in wanted { take(id) }
        var trials = 0
        while next < count && trials < 8 * count {
            let id = random.integers(0, places.count)
            if !isWithdrawn(id) { take(Int32(id)) }
            trials += 1
        }
        // Nearly all are withdrawn: whoever comes next.
        var id = random.integers(0, places.count)
        while next < count {
            take(Int32(id))
            id = (id + 1) % places.count
        }
    }

    /// Puts exactly these in the running.
    mutating func restore(_ members: [Int32]) {
        precondition(members.count == ids.count)
        for id in ids { places[Int(id)] = -1 }
        ids = members
        for (place, id) in ids.enumerated() { places[Int(id)] = Int32(place) }
    }
}
