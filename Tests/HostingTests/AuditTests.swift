import Foundation
import Gym
import Logging
import Store
import Testing

@testable import Hosting

struct AuditTests {
    private func audit(_ folder: URL, days: Int? = nil) throws -> Audit {
        var settings = Audit.Settings()
        settings.days = days
        return try Audit(
            StateFolder(folder), clock: WallClock(), logger: Logger(label: "test"), settings: settings)
    }

    private func texts(_ audit: Audit) throws -> [String] {
        try audit.records(after: 0, limit: 1000) { _ in true }.records.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a change is there before its outcome, and who made it`() throws {
        try withFolder { folder in
            let audit = try audit(folder)
            let change = Audit.Change(
                "deleteAgent", tenant: .standard, caller: "me (31088c95)", request: "r1", path: "/v1/agents/0a1b2c3d",
                body: [UInt8](repeating: 0xab, count: 32))
            let sequence = try audit.begin(change)
            let begun = try #require(try texts(audit).last)
            #expect(begun.contains(#""event":"change","tenant":"default","caller":"me (31088c95)""#))
            #expect(begun.contains(#""body_sha256":"\#(String(repeating: "ab", count: 32))""#))
            audit.end(change, sequence, status: 200, location: "/v1/x")
            let ended = try #require(try texts(audit).last)
            #expect(ended.contains(#""change":\#(sequence),"status":200,"location":"/v1/x""#))
            audit.stop()
            let check = try AuditCheck(of: folder)
            #expect(check.faults.isEmpty && audit.faults == 0)
        }
    }

    @Test func `actions are written out, many as a digest, and kept within a second`() throws {
        try withFolder { folder in
            let audit = try audit(folder)
            func serve(_ rows: Int) throws {
                try audit.record(
                    ServedActions(
                        agent: Identifier(0x0a1b_2c3d), version: 3, tenant: .standard, caller: "anyone", request: "r",
                        rows: rows, observations: .float32([Float](repeating: 0.4375, count: rows)),
                        actions: .int64([Int64](repeating: 1, count: rows))))
            }
            try serve(64)
            try serve(65)
            let found = try texts(audit).suffix(2)
            #expect(
                found.first?.contains(#""actions":[1,1,"#) == true && found.last?.contains("actions_sha256") == true)
            #expect(found.allSatisfy { $0.contains(#""agent_id":"0a1b2c3d","policy_version":3,"rows":6"#) })
            #expect(!found.joined().contains("0.4375"))
            audit.keep()
            let head = try audit.head()
            let check = try AuditCheck(of: folder, known: head.chain)
            #expect(check.faults.isEmpty && check.head == head)
        }
    }
}
