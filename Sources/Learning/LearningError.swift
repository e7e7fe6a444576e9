import Gym

/// What a caller of the agent can do wrong.
public enum LearningError: Error, Sendable, Equatable {
    public enum Role: String, Sendable {
        case observation, action
    }

    /// The agent cannot work with this space yet; the reason says which part, and what it can work with.
    case unsupportedSpace(Role, reason: String)
    /// `name` is the way to the field, as in `exploration.final`; in those of phase `phase`, or else in the agent's own.
    case invalidHyperparameter(name: String, reason: String, phase: Int? = nil)
    /// A budget or an evaluation that asks for the impossible.
    case invalidRequest(name: String, reason: String)
    /// Row `row` of the mask allows nothing, or has the wrong length.
    case invalidMask(row: Int, reason: String)
    /// Tensors that do not belong to this agent, or are damaged.
    case invalidCheckpoint(String)
    /// A loss or a weight is no finite number any more, after so many updates.
    case diverged(updates: Int)
    case environment(EnvironmentError)
    /// Whoever drives a training does not want its evaluation to be finished.
    case interrupted
}

extension LearningError {
    /// What became of learning, in a sentence; nil where nothing went wrong with it.
    public var divergence: String? {
        guard case .diverged(let updates) = self else { return nil }
        return
            "learning has diverged: after \(updates) updates the loss or a weight is no finite number; try again with a "
            + "smaller learning_rate"
    }
}
