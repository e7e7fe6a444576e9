import Foundation
import Gym
import HTTP
import Hosting
import JSON
import Store

/// The audit log, read by administrators: whoever runs the daemon sees all of it, others what their tenant did.
enum AuditOperations {
    static func listAudit(_ call: Call) throws(Problem) -> Reply {
        let limit = try call.queryInt("limit", in: 1...1000) ?? 100
        let cursor = try call.queryInt("cursor", in: 0...Int.max) ?? 0
        let question = Question(
            tenant: call.caller.isOperator ? nil : call.tenant.name, event: call.query("event"), id: call.query("id"),
            since: try since(call))
        let found: (records: [[UInt8]], next: Int?)
        do { found = try call.hall.audit.records(after: cursor, limit: limit, where: question.asksFor) } catch {
            throw Problem(error)
        }
        return .json { writer in
            writer.beginObject()
            writer.key("items")
            writer.beginArray()
            for record in found.records { writer.value(written: record) }
            writer.endArray()
            writer.key("next_cursor")
            writer.value(found.next.map { .string(String($0)) } ?? .null)
            writer.endObject()
        }
    }

    static func getAuditHead(_ call: Call) throws(Problem) -> Reply {
        let head: AuditHead
        do { head = try call.hall.audit.head() } catch { throw Problem(error) }
        return .json(["sequence": .int(Int64(head.sequence)), "chain": .string(head.chain.hexadecimal)])
    }

    /// As times stand in the log, so that they compare as text.
    private static func since(_ call: Call) throws(Problem) -> String? {
        guard let text = call.query("since") else { return nil }
        for hasFraction in [false, true] {
            if let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)) {
                return call.hall.clock.timestamp(date.timeIntervalSince1970)
            }
        }
        throw .invalid("expected a time such as 2026-03-01T12:00:00Z", at: "?since")
    }

    /// Which records are asked for.
    private struct Question {
        /// nil for all.
        let tenant: String?
        let event: String?
        /// Of something in the record's path, or that it made.
        let id: String?
        let since: String?

        func asksFor(_ record: [UInt8]) -> Bool {
            guard tenant != nil || event != nil || id != nil || since != nil else { return true }
            guard let json = try? JSONDocument(parsing: record.span).root else { return false }
            func says(_ member: String, _ wanted: String?) -> Bool {
                wanted == nil || json[member]?.string == wanted
            }
            return says("tenant", tenant) && says("event", event)
                && (since.map { (json["time"]?.string ?? "") >= $0 } ?? true)
                && (id.map { isAbout($0, json) } ?? true)
        }

        private func isAbout(_ id: String, _ json: JSONValue) -> Bool {
            json["agent_id"]?.string == id
                || ["path", "location"].contains { member in
                    json[member]?.string?.split(separator: "/").contains { $0 == id } ?? false
                }
        }
    }
}
