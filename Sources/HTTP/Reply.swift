/// An answer, whole.
public struct Reply: Sendable {
    public var status: Int
    public var contentType: String?
    /// Further header fields. A name that is no token or a value with line ends is a programmer's mistake.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        status: Int = 200, contentType: String? = nil, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}

/// How a request ended: what the access log and the metrics are made from.
public struct Served: Sendable {
    /// 0 where the client left before there was an answer.
    public let status: Int
    /// Bytes of body handed to the network.
    public let bytes: Int
    /// From the end of the request's head to the last byte of the reply.
    public let nanoseconds: UInt64
    /// Whether the reply was sent whole.
    public let isComplete: Bool
}
