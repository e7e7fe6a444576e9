import Store
import Synchronization

/// What happened in a job, in order: what followers are sent, and what its learning curve is drawn from.
public final class EventLog: Sendable {
    public struct Event: Sendable, Equatable {
        /// Counts from 1, also over events that are not kept any more.
        public let sequence: Int
        /// `phase`, `progress`, `episode`, `evaluation`, `checkpoint`, `storage`, `labels`, `done`.
        public let kind: String
        /// JSON.
        public let data: String
    }

    private struct State {
        var kept: KeptEvents
        var isFinished = false
        var followers: [Int: @Sendable () -> Void] = [:]
        var nextFollower = 0
    }

    private let state: Mutex<State>

    /// - Parameter events: that the catalogue has.
    init(_ events: [Event] = [], isFinished: Bool = false) {
        state = Mutex(State(kept: KeptEvents(events), isFinished: isFinished))
    }

    func append(_ kind: String, _ data: String) { append(next(kind, data), isStored: false) }

    /// The event that would come next, for who stores it before it is told. Only the job's own thread adds events.
    func next(_ kind: String, _ data: String) -> Event { Event(sequence: latest + 1, kind: kind, data: data) }

    /// - Precondition: `event` is the next one.
    func append(_ event: Event, isStored: Bool) {
        let followers = state.withLock { state in
            state.kept.append(event, isStored: isStored)
            return Array(state.followers.values)
        }
        followers.forEach { $0() }
    }

    /// No more events will come.
    func finish() {
        let followers = state.withLock { state in
            state.isFinished = true
            defer { state.followers = [:] }
            return Array(state.followers.values)
        }
        followers.forEach { $0() }
    }

    /// Forgets what came after event `sequence`: a resumed run tells it again.
    func truncate(after sequence: Int) {
        state.withLock { $0.kept.truncate(after: sequence) }
    }

    /// The events after `sequence` that are still kept, and whether these are the last that there will be.
    public func events(after sequence: Int) -> (events: [Event], isFinished: Bool) {
        state.withLock { (Array($0.kept.after(sequence)), $0.isFinished) }
    }

    /// Where to go on for who has heard event `sequence`. How a job ended is told to whoever asks: a restart may have forgotten
    /// the latest events, and who heard those has met the number of the last one before.
    public func place(of sequence: Int) -> Int {
        state.withLock { $0.isFinished ? min(sequence, max($0.kept.latest - 1, 0)) : sequence }
    }

    /// Whether no more events will come.
    var isFinished: Bool { state.withLock { $0.isFinished } }

    /// The number of the latest event; 0 where there was none.
    var latest: Int { state.withLock { $0.kept.latest } }

    /// Events that the catalogue does not have yet, and the numbers of those that it need not have any more; the caller sees
    /// to it, and says so.
    var unstored: (events: [Event], forgotten: Set<Int>) {
        state.withLock { state in (Array(state.kept.after(state.kept.stored)), state.kept.forgotten) }
    }

    /// Notes that the catalogue has the events up to `sequence`, and those no more.
    func noteStored(upTo sequence: Int, without forgotten: Set<Int>) {
        state.withLock { $0.kept.noteStored(upTo: sequence, without: forgotten) }
    }

    /// Calls `wake` on some thread whenever there is something new, until ``unfollow(_:)`` or the end.
    /// - Returns: what to unfollow by.
    public func follow(_ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextFollower += 1
            state.followers[state.nextFollower] = wake
            return state.nextFollower
        }
    }

    public func unfollow(_ follower: Int) {
        state.withLock { _ = $0.followers.removeValue(forKey: follower) }
    }
}
