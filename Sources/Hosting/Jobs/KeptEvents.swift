/// The events of a job that are kept, in order: all of the newest, and of older ones of kinds that come without end so many
/// that their curve can still be drawn.
struct KeptEvents {
    /// Kinds whose events a job has the more of the longer it runs.
    private static let numerous: Set<String> = ["progress", "episode", "evaluation", "checkpoint", "storage"]
    /// Events of such a kind that may be kept; then all but the newest are thinned out, to at most `oldest`.
    private static let limit = 1_000
    private static let newest = 500
    private static let oldest = 256

    private(set) var events: [EventLog.Event] = []
    /// The number of the latest event.
    private(set) var latest = 0
    /// The number of the latest event that the catalogue has.
    private(set) var stored = 0
    /// Events that are not kept any more, but the catalogue still has them.
    private(set) var forgotten: Set<Int> = []
    private var counts: [String: Int] = [:]

    /// - Parameter events: that the catalogue has.
    init(_ events: [EventLog.Event]) {
        for event in events { append(event, isStored: true) }
    }

    mutating func append(_ event: EventLog.Event, isStored: Bool) {
        precondition(event.sequence > latest, "an event out of order")
        events.append(event)
        latest = event.sequence
        if isStored { stored = latest }
        counts[event.kind, default: 0] += 1
        if counts[event.kind, default: 0] > Self.limit, Self.numerous.contains(event.kind) { thin(event.kind) }
    }

    /// Keeps the first event of a kind in each stretch of numbers. As stretches are as long as a power of two, what is kept
    /// now is what would be kept had nothing been thinned out before.
    private mutating func thin(_ kind: String) {
        let old = events.filter { $0.kind == kind }.map(\.sequence).dropLast(Self.newest)
        guard let last = old.last else { return }
        var length = 1
        while last / length >= Self.oldest { length *= 2 }
        let dropped = Set(zip(old.dropFirst(), old).filter { $0 / length == $1 / length }.map(\.0))
        events.removeAll { dropped.contains($0.sequence) }
        counts[kind, default: 0] -= dropped.count
        forgotten.formUnion(dropped.filter { $0 <= stored })
    }

    func after(_ sequence: Int) -> ArraySlice<EventLog.Event> {
        // Who follows a job has met all but the last few.
        let count = events.reversed().prefix { $0.sequence > sequence }.count
        return events.suffix(count)
    }

    mutating func truncate(after sequence: Int) {
        for event in after(sequence) { counts[event.kind, default: 0] -= 1 }
        events.removeLast(after(sequence).count)
        latest = min(latest, sequence)
        stored = min(stored, latest)
        forgotten = forgotten.filter { $0 <= sequence }
    }

    /// Notes that the catalogue has what is kept up to an event, and nothing of what was forgotten.
    mutating func noteStored(upTo sequence: Int, without forgotten: Set<Int>) {
        stored = max(stored, sequence)
        self.forgotten.subtract(forgotten)
    }
}
