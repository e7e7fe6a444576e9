/// What can go wrong with what is kept.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process holds the state folder.
    case locked(folder: String)
    /// The state folder was written by a newer version.
    case tooNew(found: Int, supported: Int)
    /// The file system or the database refused.
    case unavailable(operation: String, reason: String)
    /// A tensor file, or a body in that format, that breaks the format's rules.
    case invalidTensors(String)

    public var description: String {
        switch self {
        case .locked(let folder):
            "another lamd uses the state folder \(folder); stop it, or choose another folder with --state"
        case .tooNew(let found, let supported):
            "the state folder has schema \(found), this lamd knows up to \(supported); use the newer lamd"
        case .unavailable(let operation, let reason): "\(operation) failed: \(reason)"
        case .invalidTensors(let reason): "not a valid safetensors file: \(reason)"
        }
    }
}
