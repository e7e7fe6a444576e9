import Foundation

/// A daemon that many sessions of CartPole-v1 are open in, each reset and stepped once.
struct SessionCrowd {
    private static let body = Array(#"{"env_id":"CartPole-v1","autoreset_mode":"next_step","ttl_s":86400}"#.utf8)
    private static let action = Array(#"{"action":1}"#.utf8)
    /// Requests that are sent at once.
    private static let group = 64

    let server: ServerProcess
    private let connection: KeptConnection
    private(set) var ids: [String] = []
    /// What the daemon grew by for each session in bytes; the first tenth is left out, with whom what serves them all came.
    private(set) var memory = 0.0

    init(_ settings: Settings, count: Int) throws {
        server = try ServerProcess.lamd(settings.lamd, core: settings.serverCore, flags: ["--max-sessions", "1000000"])
        connection = try KeptConnection(port: server.client.port)
        try add(max(count / 10, 1))
        let (first, before) = (ids.count, server.memory("VmRSS") ?? 0)
        try add(count - first)
        memory = ((server.memory("VmRSS") ?? 0) - before) / Double(max(count - first, 1))
    }

    private mutating func add(_ count: Int) throws {
        let made = try create(count)
        try send(made.map { KeptConnection.request("POST", "/v1/envs/\($0)/reset/", Array("{}".utf8)) })
        try step(made)
        ids += made
    }

    /// Opens sessions.
    func create(_ count: Int) throws -> [String] {
        let request = KeptConnection.request("POST", "/v1/envs/", Self.body)
        var made: [String] = []
        try send(Array(repeating: request, count: count)) { body in
            let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            if let id = object?["instance_id"] as? String { made.append(id) }
        }
        return made
    }

    func close(_ ids: [String]) throws { try send(ids.map { KeptConnection.request("DELETE", "/v1/envs/\($0)") }) }

    /// Steps sessions one after the other.
    func step(_ ids: [String]) throws {
        try send(ids.map { KeptConnection.request("POST", "/v1/envs/\($0)/step/", Self.action) })
    }

    private func send(_ requests: [[UInt8]], _ each: (ArraySlice<UInt8>) throws -> Void = { _ in }) throws {
        for start in stride(from: 0, to: requests.count, by: Self.group) {
            let group = requests[start..<min(start + Self.group, requests.count)]
            try connection.exchange(Array(group.joined()), replies: group.count, each)
        }
    }
}
