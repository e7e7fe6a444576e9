import HTTP
import Hosting

/// One operation of the API: a row of the route table.
struct Operation: Sendable {
    /// Where an operation runs.
    enum Place: Sendable {
        /// On the network thread: microseconds, no disk.
        case network
        /// On a thread of the pool, with the connection suspended: anything that can take longer than a step.
        case worker
        /// On a thread of the pool, but where other processes host environments on one that may wait for them: what looks
        /// an environment up or makes one.
        case making
        /// For an instance that the path names. On the network thread; but on one of the pool while the instance is
        /// recorded, since what ends an episode then waits for the disk, and on one that may wait where another process
        /// hosts it.
        case instance
        /// The same for what takes long in any case.
        case instanceAtLength
        /// On a thread of the pool where many may wait: what must not wait behind what takes long, nor for the audit log or
        /// a kept reply, and is the same done twice.
        case urgent
    }

    /// Who may have it done. There is no default: an operation that does not say is not built.
    enum Access: Sendable, Equatable {
        case anyone
        case scope(Scope)
        /// Administrators of the tenant that runs the daemon.
        case runner

        /// What a token must have.
        var scope: Scope? {
            switch self {
            case .anyone: nil
            case .scope(let scope): scope
            case .runner: .admin
            }
        }

        static let read = Access.scope(.read)
        static let drive = Access.scope(.drive)
        static let train = Access.scope(.train)
        static let admin = Access.scope(.admin)
    }

    let method: Method
    let template: String
    /// The operation's id in the contract.
    let name: String
    let access: Access
    let place: Place
    let body: Route.BodyAllowance
    /// The parameters that its query may have; nil where it may have any.
    let query: [String]?
    /// Whether its effect survives a restart of the daemon.
    let isDurable: Bool
    /// Whether it adds to what is kept on disk.
    let adds: Bool
    /// Whether the audit log has it: what changes something that is kept, or is for whoever runs the daemon.
    let isAudited: Bool
    /// nil where the operation has answered by itself, as a stream does.
    let run: @Sendable (Call) throws(Problem) -> Reply?

    init(
        _ method: Method, _ template: String, _ name: String, for access: Access, on place: Place = .network,
        body: Route.BodyAllowance = .standard, query: [String]? = [], isDurable: Bool? = nil,
        adds: Bool? = nil, _ run: @escaping @Sendable (Call) throws(Problem) -> Reply?
    ) {
        self.method = method
        self.template = template
        self.name = name
        self.access = access
        self.place = place
        self.body = body
        self.query = query
        self.isDurable = isDurable ?? (access != .drive)
        self.adds = adds ?? (access == .train && method != .get && method != .delete)
        isAudited = access == .runner || (method != .get && (access == .train || access == .admin))
        precondition(!isAudited || place != .network, "\(name) waits for the disk, to be recorded")
        self.run = run
    }

    /// Whether doing it twice is more than doing it once.
    var isMutating: Bool { method != .get }
}
