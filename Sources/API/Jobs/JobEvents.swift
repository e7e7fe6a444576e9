import HTTP
import Hosting
import Synchronization

/// A job followed as server-sent events.
enum JobEvents {
    static func streamJob(_ call: Call) throws(Problem) -> Reply? {
        let job = try call.job()
        var after = 0
        if let text = call.exchange.header(named: "Last-Event-ID") {
            guard let sequence = Int(text), sequence >= 0 else {
                throw Problem(.badRequest, "Last-Event-ID: expected the id of an event of this job")
            }
            after = job.events.place(of: sequence)
        }
        let follower = Follower(job, after: after)
        guard let stream = call.exchange.respondEvents(onClose: { follower.stop() }) else { return nil }
        follower.start(stream)
        return nil
    }
}

/// Carries a job's events to one client, in order, whichever thread brings them.
private final class Follower: Sendable {
    private struct State {
        var sent: Int
        var stream: EventStream?
        var registration: Int?
        var isStopped = false
    }

    private let job: Job
    private let state: Mutex<State>

    init(_ job: Job, after sequence: Int) {
        self.job = job
        state = Mutex(State(sent: sequence))
    }

    func start(_ stream: EventStream) {
        let registration = job.events.follow { [self] in pass() }
        let isStopped = state.withLock { state in
            state.stream = stream
            state.registration = registration
            return state.isStopped
        }
        if isStopped { job.events.unfollow(registration) }
        pass()
    }

    func stop() {
        let registration = state.withLock { state in
            state.isStopped = true
            state.stream = nil
            return state.registration
        }
        if let registration { job.events.unfollow(registration) }
    }

    /// Sends what has not been sent. Under the lock, so that two threads cannot change the order; sending only fills a
    /// buffer.
    private func pass() {
        let finished = state.withLock { state -> EventStream? in
            guard let stream = state.stream else { return nil }
            let (events, isFinished) = job.events.events(after: state.sent)
            for event in events {
                _ = stream.send(event: event.kind, id: String(event.sequence), data: Array(event.data.utf8))
            }
            state.sent = max(state.sent, events.last?.sequence ?? 0)
            return isFinished ? stream : nil
        }
        finished?.finish()
    }
}
