import HTTP

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
    }

    let method: Method
    let template: String
    /// The operation's id in the contract.
    let name: String
    let place: Place
    let body: Route.BodyAllowance
    /// nil where the operation has answered by itself, as a stream does.
    let run: @Sendable (Call) throws(Problem) -> Reply?

    init(
        _ method: Method, _ template: String, _ name: String, on place: Place = .network,
        body: Route.BodyAllowance = .standard, _ run: @escaping @Sendable (Call) throws(Problem) -> Reply?
    ) {
        self.method = method
        self.template = template
        self.name = name
        self.place = place
        self.body = body
        self.run = run
    }
}
