import Synchronization

/// How much a tenant may have at once; nil where that is not bounded.
public struct Quotas: Sendable {
    public var sessions: Int?
    /// Steps of environments in a second.
    public var stepsPerSecond: Int?
    /// Jobs that are queued or running.
    public var jobs: Int?
    /// Of demonstrations and of agents' files.
    public var bytes: Int?

    public init(sessions: Int? = nil, stepsPerSecond: Int? = nil, jobs: Int? = nil, bytes: Int? = nil) {
        self.sessions = sessions
        self.stepsPerSecond = stepsPerSecond
        self.jobs = jobs
        self.bytes = bytes
    }

    /// - Throws: ``HostingError/quotaExceeded(_:)`` where `count` more would be too many.
    static func check(
        _ kind: QuotaExceeded.Kind, _ limit: Int?, _ present: () -> Int, adding count: Int = 1
    ) throws(HostingError) {
        guard let limit, present() + count > limit else { return }
        throw .quotaExceeded(QuotaExceeded(kind: kind, limit: limit, seconds: 60))
    }
}

/// What a tenant has too much of.
public struct QuotaExceeded: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case sessions, steps, jobs, bytes
    }

    public let kind: Kind
    public let limit: Int
    /// After which there may be room again.
    public let seconds: Int
}

/// A tenant's steps, in a bucket that fills evenly and holds what a second brings. A request is met while there is anything
/// left; a large one leaves a debt, which is waited off.
final class StepBudget: Sendable {
    private struct State {
        var left: Double
        var time: ContinuousClock.Instant
    }

    private let perSecond: Double
    private let state: Mutex<State>

    init(perSecond: Int, now: ContinuousClock.Instant = .now) {
        self.perSecond = Double(perSecond)
        state = Mutex(State(left: Double(perSecond), time: now))
    }

    func take(_ count: Int, now: ContinuousClock.Instant = .now) throws(HostingError) {
        let debt = state.withLock { state -> Double? in
            let filled = state.left + perSecond * (max(now - state.time, .zero) / .seconds(1))
            state = State(left: min(filled, perSecond), time: now)
            guard state.left > 0 else { return -state.left }
            state.left -= Double(count)
            return nil
        }
        guard let debt else { return }
        let seconds = Int((debt / perSecond).rounded(.up))
        throw .quotaExceeded(QuotaExceeded(kind: .steps, limit: Int(perSecond), seconds: max(seconds, 1)))
    }

    func owe(_ count: Int) { state.withLock { $0.left -= Double(count) } }
}
