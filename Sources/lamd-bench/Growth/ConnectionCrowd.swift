/// A daemon that many connections are open to, each of which has asked once.
struct ConnectionCrowd {
    static let question = KeptConnection.request("GET", "/livez")

    let server: ServerProcess
    private(set) var connections: [KeptConnection] = []
    /// What the daemon grew by for each connection in bytes; the first tenth is left out, with whom what serves them all came.
    private(set) var memory = 0.0

    init(_ settings: Settings, count: Int) throws {
        server = try ServerProcess.lamd(
            settings.lamd, core: settings.serverCore, flags: ["--max-connections", String(count + 16)])
        try add(max(count / 10, 1))
        let (first, before) = (connections.count, server.memory("VmRSS") ?? 0)
        try add(count - first)
        memory = ((server.memory("VmRSS") ?? 0) - before) / Double(max(count - first, 1))
    }

    private mutating func add(_ count: Int) throws {
        for _ in 0..<count { connections.append(try open()) }
    }

    /// Opens one more.
    func open() throws -> KeptConnection {
        let connection = try KeptConnection(port: server.client.port)
        try connection.exchange(Self.question, replies: 1)
        return connection
    }

    /// Has every connection ask once, since the daemon closes those that rest for long.
    func ask() throws { for connection in connections { try connection.exchange(Self.question, replies: 1) } }
}
