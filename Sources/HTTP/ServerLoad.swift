import Synchronization

/// How much is under way at a server.
public struct ServerLoad: Sendable {
    public let connections: Int
    /// Requests being served, streams not counted.
    public let requests: Int
    public let streams: Int
    /// Bytes of request bodies that are held, small ones not counted.
    public let bufferedBytes: Int

    init(_ state: ServerState) {
        connections = state.connections.load(ordering: .relaxed)
        requests = state.requests.load(ordering: .relaxed)
        streams = state.streams.load(ordering: .relaxed)
        bufferedBytes = state.bufferedBytes.load(ordering: .relaxed)
    }
}

extension Exchange {
    /// How much is under way at the server that received this.
    public var serverLoad: ServerLoad { ServerLoad(state) }
}
