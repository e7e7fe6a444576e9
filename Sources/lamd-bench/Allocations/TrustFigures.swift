import Foundation

/// What a step pays for each thing that makes the daemon trustworthy, part by part.
struct TrustFigures {
    private static let warmUp = 300
    private static let requests = 2_000
    private let settings: Settings
    private let before: String?

    /// - Parameter before: a program from before there was any of it.
    init(_ settings: Settings, before: String?) {
        self.settings = settings
        self.before = before
    }

    /// How a step is asked for, and of whom.
    private struct Way {
        let title: String
        var flags: [String] = []
        var fields: [String] = []
        var hasToken = false
        var hasKeys = false
        var isDurable = false
    }

    private static let ways = [
        Way(title: "as it comes: no token was made, the log tells of errors"),
        Way(title: "the log as JSON, at `info`", flags: ["--log-level", "info", "--log-format", "json"]),
        Way(
            title: "the log as JSON, at `debug`: each request is told of",
            flags: ["--log-level", "debug", "--log-format", "json"]),
        Way(title: "`cors_origin` is set, the client no page", flags: ["--cors-origin", origin]),
        Way(
            title: "the same, the client a page that it names", flags: ["--cors-origin", origin],
            fields: ["Origin: \(origin)"]),
        Way(title: "with a token", hasToken: true),
        Way(
            title: "with a token, and a quota of steps", flags: ["--tenant-steps-per-second", "1000000"],
            hasToken: true),
        Way(title: "each with an `Idempotency-Key` of its own", hasKeys: true),
        Way(title: "of a durable instance", isDurable: true),
    ]

    private static let origin = "https://app.example"

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "trust", title: "What trust costs a step, in instructions",
            note: """
                Counted by callgrind over \(Double(Self.requests).text(digits: 0)) steps of one CartPole-v1, one after the other on \
                one kept connection: all outside the kernel, and those in functions of lamd's own modules. Waiting for the disk, \
                as durable instances do, takes none. What came before is the program that `--before` names.
                """,
            columns: [
                .init(title: "a step"), .init(title: "instructions", digits: 0), .init(title: "lamd's own", digits: 0),
                .init(title: "allocations", digits: 2),
            ])
        if let before {
            table.add(try row(Way(title: "before there were tokens, gates and journals"), of: before))
        }
        for way in Self.ways { table.add(try row(way, of: settings.lamd)) }
        return [table]
    }

    private func row(_ way: Way, of program: String) throws -> [FigureTable.Cell] {
        let count = try Stripped.lend(program, "-g") { try measure(way, $0) }
        return [.text(way.title)]
            + [count.instructions, count.own, count.allocations].map { .number($0 / Double(Self.requests)) }
    }

    private func measure(_ way: Way, _ program: String) throws -> Callgrind.Count {
        let callgrind = try Callgrind(program, flags: way.flags)
        defer { callgrind.stop() }
        let requests = try requests(way, callgrind.server.client)
        let connection = try KeptConnection(port: callgrind.server.client.port)
        for request in requests.prefix(Self.warmUp) { try connection.exchange(request, replies: 1) }
        return try callgrind.count {
            for request in requests.dropFirst(Self.warmUp) { try connection.exchange(request, replies: 1) }
        }
    }

    private func requests(_ way: Way, _ client: LoopbackClient) throws -> [[UInt8]] {
        // The former program knows no such field.
        let durable = way.isDurable ? #","durable":true"# : ""
        let id = try client.make(
            "instance_id", "/v1/envs/",
            #"{"env_id":"CartPole-v1","autoreset_mode":"next_step","seed":1\#(durable)}"#)
        try client.send("POST", "/v1/envs/\(id)/reset/", "{}")
        var fields = ["Content-Type: application/json", "Accept: */*"] + way.fields
        if way.hasToken {
            let token = try client.make("token", "/v1/tokens/", #"{"name":"bench","scopes":["admin"]}"#)
            fields.append("Authorization: Bearer \(token)")
        }
        return (0..<Self.warmUp + Self.requests).map { number in
            KeptConnection.request(
                "POST", "/v1/envs/\(id)/step/", Array(#"{"action":1}"#.utf8),
                fields: fields + (way.hasKeys ? ["Idempotency-Key: bench-\(number)"] : []))
        }
    }
}
