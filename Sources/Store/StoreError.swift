import GRDB

/// What can go wrong with what is kept.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process holds the state folder.
    case locked(folder: String)
    /// The state folder was written by a newer version.
    case tooNew(found: Int, supported: Int)
    /// There is no room: the disk is full, or what is left of it is kept back.
    case full(operation: String, reason: String)
    /// The file system or the database refused.
    case unavailable(operation: String, reason: String)
    /// A file of the state folder is not what was written into it.
    case damaged(file: String, reason: String)
    /// A tensor file, or a body in that format, that breaks the format's rules.
    case invalidTensors(String)
    /// A backup is being made or brought back already.
    case backingUp
    /// A file that is no whole backup.
    case invalidBackup(String)
    /// What a backup was to be restored into is there already.
    case exists(folder: String)

    public var description: String {
        switch self {
        case .locked(let folder):
            "another lamd uses the state folder \(folder); stop it, or choose another folder with --state"
        case .tooNew(let found, let supported):
            "the state folder has schema \(found), this lamd knows up to \(supported); use the newer lamd"
        case .full(let operation, let reason): "\(operation) failed for want of room: \(reason)"
        case .unavailable(let operation, let reason): "\(operation) failed: \(reason)"
        case .damaged(let file, let reason): "the file \(file) is damaged: \(reason)"
        case .invalidTensors(let reason): "not a valid safetensors file: \(reason)"
        case .backingUp: "a backup is being made or brought back already; wait until that is done"
        case .invalidBackup(let reason): "not a whole backup of lamd: \(reason)"
        case .exists(let folder): "the folder \(folder) is there and not empty; choose another, or say --force"
        }
    }

    /// Tells a lack of room from everything else.
    init(_ operation: String, _ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let fault as SystemFault where fault.isLackOfRoom: self = .full(operation: operation, reason: fault.reason)
        case let fault as SystemFault: self = .unavailable(operation: operation, reason: fault.reason)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            self = .full(operation: operation, reason: error.message ?? "the disk is full")
        default: self = .unavailable(operation: operation, reason: "\(error)")
        }
    }
}
