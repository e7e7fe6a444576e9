/// One operation: a method, a path, and what answers it.
public struct Route: Sendable {
    /// How large a request body may be.
    public enum BodyAllowance: Sendable {
        /// The small limit, whatever the type.
        case standard
        /// The large limit for newline-delimited JSON and safetensors, the small one for the rest.
        case bulkByType
        /// The large limit, whatever the type: routes that take files.
        case bulk
    }

    public let method: Method
    /// A path with parameters in braces: `/v1/envs/{id}/step/`. The last slash means nothing.
    public let template: String
    /// The operation's id in the API document, the access log and the metrics.
    public let name: String
    public let body: BodyAllowance
    /// Runs on a network thread and must answer at once or detach; see `Exchange`.
    public let handler: @Sendable (Exchange) -> Void

    public init(
        _ method: Method, _ template: String, name: String, body: BodyAllowance = .standard,
        handler: @escaping @Sendable (Exchange) -> Void
    ) {
        self.method = method
        self.template = template
        self.name = name
        self.body = body
        self.handler = handler
    }
}
