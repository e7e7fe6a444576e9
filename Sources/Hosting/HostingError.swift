import Gym
import Learning
import Store

/// What a caller can ask of the living that cannot be done, and what can fail underneath.
public enum HostingError: Error, Sendable {
    case unknownSession(String)
    case unknownAgent(String)
    case unknownJob(String)
    case unknownVersion(Int, agent: String)
    case unknownDemonstrations(String)
    /// There are as many sessions as are allowed.
    case tooManySessions(limit: Int)
    /// The sessions have as many environments in all as are allowed.
    case tooManyEnvironments(limit: Int)
    case tooManyAgents(limit: Int)
    /// The agents would hold more bytes in memory than they may.
    case agentsTooLarge(bytes: Int, limit: Int)
    case tooManyDemonstrations(limit: Int)
    /// A set of demonstrations has this name already; `by` is its id.
    case nameTaken(String, by: String)
    /// A set of demonstrations holds as much as is allowed.
    case demonstrationsFull(String)
    /// A set of demonstrations cannot be deleted now; `by` is a clause that says what uses it.
    case demonstrationsInUse(String, by: String)
    /// An agent cannot be deleted now; `by` is a clause that says what uses it.
    case agentInUse(String, by: String)
    /// A rollout holds the session.
    case sessionBusy(String)
    /// A training job has the agent already.
    case agentBusy(String, job: String)
    /// The agent is turned off.
    case agentKilled(String, Killed)
    /// An agent's guard refused what its policy would do, and has nothing in its place.
    case refused(row: Int, rules: Verdict.Rules)
    /// The agent has no guard.
    case noGuard(String)
    /// The agent has no table of action features to read or to change.
    case noActionFeatures(String)
    /// The agent's network is what it has learned with: it is too late for a first table of action features.
    case hasLearned(String)
    /// An index over actions was asked for, but they are not embedded.
    case notEmbedded(String)
    /// The agent has no index over its actions.
    case noActionIndex(String)
    /// The step carried an index that is neither the next nor the latest with the same action.
    case stepConflict(sent: Int, expected: Int)
    /// The tenant has as much as it may have.
    case quotaExceeded(QuotaExceeded)
    /// A request that cannot be met, and the field at fault.
    case invalid(field: String, reason: String)
    case environment(EnvironmentError)
    case learning(LearningError)
    case store(StoreError)
    /// What is kept cannot be read back: our own mistake, or a damaged disk.
    case corrupt(String)
    /// The daemon is on its way out.
    case draining
}

extension HostingError {
    /// What was thrown here or underneath; where nothing known was, the mistake is ours.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as HostingError: error
            case let error as EnvironmentError: .environment(error)
            case let error as LearningError: .learning(error)
            case let error as StoreError: .store(error)
            default: .corrupt("\(error)")
            }
    }

    /// What went wrong with a job, for people.
    var sentence: String {
        switch self {
        case .learning(let error): error.divergence ?? "\(error)"
        case .store(let error): "what it learned cannot be kept: \(error)"
        case .corrupt(let reason): reason
        default: "\(self)"
        }
    }
}

/// Has what the store cannot do be an error of ours.
func storing<T>(_ body: () throws(StoreError) -> T) throws(HostingError) -> T {
    do { return try body() } catch { throw .store(error) }
}
