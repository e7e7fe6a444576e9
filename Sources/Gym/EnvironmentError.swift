/// What a caller of an environment can do wrong.
public enum EnvironmentError: Error, Sendable, Equatable {
    /// No environment has this id; `known` are the ids that exist.
    case unknownEnvironment(String, known: [String])
    /// No scripted expert of this id knows the environment; `known` are those that do.
    case unknownExpert(String, environment: String, known: [String])
    /// A keyword argument that the environment does not have, or a value it cannot take.
    case invalidKwarg(name: String, reason: String)
    /// A reset option that the environment does not have, or a value it cannot take.
    case invalidOption(name: String, reason: String)
    /// An argument of the vector itself: number of environments, autoreset mode, step limit, mask.
    case invalidArgument(name: String, reason: String)
    /// The episode of environment `index` is over (or has not begun): it must be reset first.
    case resetNeeded(index: Int)
    /// The environment cannot be drawn this way; `supported` are the modes that it has.
    case unsupportedRenderMode(String, supported: [String])
    /// The snapshot is not one of this environment, or is damaged.
    case invalidSnapshot(String)
    /// No process that hosts environments has this one; a sentence says why.
    case unknownHosted(String)
    /// The environment has no form that could be kept and restored.
    case unsavable(String)
    /// The process that hosts the environment died, or the environment itself failed there; a sentence says how.
    case workerFailed(String)
    /// Other processes host as many environments as they may.
    case tooManyHosted(limit: Int)
}
