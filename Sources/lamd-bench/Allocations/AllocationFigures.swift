import Foundation

/// What a request asks of the allocator and of the processor: counts, which do not drift with the machine.
struct AllocationFigures {
    private static let warmUp = 300
    private static let requests = 2_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "allocations", title: "A request in allocations and instructions",
            note: """
                Counted by callgrind over \(Double(Self.requests).text(digits: 0)) requests on one kept connection, one after the \
                other: calls of malloc and its like, and every instruction outside the kernel, libmicrohttpd's and the C library's \
                included; where memory is cleared each byte counts as one. CartPole-v1 and a fresh agent.
                """,
            columns: [
                .init(title: "request"), .init(title: "allocations", digits: 2),
                .init(title: "instructions", digits: 0),
            ])
        try Stripped.lend(settings.lamd, "-g") { program in
            for operation in Operation.allCases {
                let count = try measure(operation, program)
                table.add([
                    .text(operation.rawValue), .number(count.allocations / Double(Self.requests)),
                    .number(count.instructions / Double(Self.requests)),
                ])
            }
        }
        return [table]
    }

    private enum Operation: String, CaseIterable {
        case livez = "GET /livez"
        case step
        case act
        case batch = "step of 64, JSON"
        case tensors = "step of 64, tensors"
    }

    private func measure(_ operation: Operation, _ program: String) throws -> Callgrind.Count {
        let callgrind = try Callgrind(program)
        defer { callgrind.stop() }
        let request = try request(operation, callgrind.server.client)
        let connection = try KeptConnection(port: callgrind.server.client.port)
        for _ in 0..<Self.warmUp { try connection.exchange(request, replies: 1) }
        return try callgrind.count {
            for _ in 0..<Self.requests { try connection.exchange(request, replies: 1) }
        }
    }

    private func request(_ operation: Operation, _ client: LoopbackClient) throws -> [UInt8] {
        switch operation {
        case .livez: return KeptConnection.request("GET", "/livez")
        case .step: return try Self.step(client, environments: 1, #"{"action":1}"#)
        case .act:
            let act = try ActRequest(client)
            return KeptConnection.request("POST", act.path, Array(act.body.utf8))
        case .batch:
            let actions = Array(repeating: 1, count: 64)
            return try Self.step(client, environments: 64, #"{"action":\#(actions)}"#)
        case .tensors: return try TensorStep(client, count: 64).request
        }
    }

    private static func step(_ client: LoopbackClient, environments: Int, _ body: String) throws -> [UInt8] {
        let id = try client.make(
            "instance_id", "/v1/envs/",
            #"{"env_id":"CartPole-v1","num_envs":\#(environments),"autoreset_mode":"next_step","seed":1}"#)
        try client.send("POST", "/v1/envs/\(id)/reset/", "{}")
        return KeptConnection.request("POST", "/v1/envs/\(id)/step/", Array(body.utf8))
    }
}
