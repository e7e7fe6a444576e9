import HTTP

/// One operation of the API: a row of the route table.
struct Operation: Sendable {
    /// Where an operation runs.
    enum Place: Sendable {
        /// On the network thread: microseconds, no disk.
        case network
        /// On a worker, with the connection suspended: anything that can take longer than a step.
        case worker
        /// On the network thread; but on a worker while the instance that the path names is recorded, since what ends an
        /// episode then waits for the disk.
        case networkUnlessRecorded
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
