import Foundation
import Gym
import HTTP
import Hosting
import JSON

/// Snapshots of an instance: taken, restored, forked from.
enum SnapshotOperations {
    static func snapshot(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        do {
            let snapshot = try call.hall.sessions.snapshot(session)
            return .json(["snapshot": .string(Data(snapshot.bytes).base64EncodedString())])
        } catch {
            throw Problem(error)
        }
    }

    static func restore(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        let fields = try call.requiredFields(["snapshot"])
        guard let text = try fields.required("snapshot").string, let data = Data(base64Encoded: text) else {
            throw .invalid("expected the base64 text that a snapshot gave", at: "/snapshot")
        }
        let snapshot: Snapshot
        do { snapshot = try Snapshot([UInt8](data)) } catch { throw Problem(error) }
        do { try call.hall.sessions.restore(session, from: snapshot) } catch { throw Problem(error) }
        return .json(try EnvironmentOperations.describe(session, clock: call.hall.clock))
    }

    static func fork(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        let copies = try call.fields(["copies"])?.int("copies", in: 1...1000) ?? 1
        do {
            let forks = try call.hall.sessions.fork(session, copies: copies)
            return .json(["instance_ids": .strings(forks.map(\.id.description))], status: 201)
        } catch {
            throw Problem(error)
        }
    }
}
