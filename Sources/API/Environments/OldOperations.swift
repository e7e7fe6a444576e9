import Gym
import HTTP
import Hosting
import JSON
import Store

/// The rest of gym-http-api's routes, in its own forms.
enum OldOperations {
    static func getActionSpace(_ call: Call) throws(Problem) -> Reply {
        .json(["info": try call.session(old: true).actionSpace.oldInfo])
    }

    static func getObservationSpace(_ call: Call) throws(Problem) -> Reply {
        .json(["info": try call.session(old: true).observationSpace.oldInfo])
    }

    static func sampleAction(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        let actions: [Value]
        do {
            actions = try session.drive { world throws(HostingError) in world.sample() }
        } catch {
            throw Problem(error)
        }
        return .json(["action": session.count > 1 ? .array(actions) : actions[0]])
    }

    static func containsAction(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        let text = call.exchange.segment(1)
        let value: Value
        do { value = Value(try JSONDocument(parsing: Array(text.utf8)).root) } catch { value = .string(text) }
        do { try session.actionSpace.check(value) } catch {
            return .json(["member": false, "pointer": .string(error.pointer), "detail": .string(error.reason)])
        }
        return .json(["member": true])
    }

    /// The Lua client asks without an action.
    static func containsNothing(_ call: Call) throws(Problem) -> Reply {
        _ = try call.session(old: true)
        throw Problem(.missingParameter, "A required request parameter 'x' was not provided")
    }

    static func containsObservation(_ call: Call) throws(Problem) -> Reply {
        guard let body = try call.oldJSON(), let members = body.members else {
            throw Problem(.invalidJSON, "Request is not a valid json", at: "")
        }
        let info = try call.session(old: true).observationSpace.oldInfo
        for (key, value) in members where info[key].map({ $0.isEqual(Value(value)) }) != true {
            return .json([
                "member": false, "pointer": .string(JSONPointer().appending(key).description),
                "detail": .string(info[key] == nil ? "the space has no such property" : "the space has another value"),
            ])
        }
        return .json(["member": true])
    }

    static func startMonitor(_ call: Call) throws(Problem) -> Reply {
        guard let body = try call.oldJSON(), body.kind == .object else {
            throw Problem(.invalidJSON, "Request is not a valid json", at: "")
        }
        guard let directory = body["directory"], !directory.isNull, directory.string != "" else {
            throw Problem(
                .missingParameter, "A required request parameter 'directory' was not provided", at: "/directory")
        }
        let session = try call.session(old: true)
        guard let directory = directory.string else {
            throw .invalid("expected a string, not \(directory.kindName)", at: "/directory")
        }
        // Never a place on this machine: only the name of the set. Paths of temporary folders may be long.
        let name = String(directory.suffix(200))
        do {
            if isTrue(body["force"]) {
                try call.hall.recordAnew(session, into: name)
            } else {
                try call.hall.record(session, into: name, field: "directory")
            }
        } catch {
            throw Problem(error)
        }
        return call.oldDone
    }

    /// Lua's client sends Booleans as strings.
    private static func isTrue(_ json: JSONValue?) -> Bool { json?.bool ?? (json?.string?.lowercased() == "true") }

    static func closeMonitor(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        do { try session.stopRecording() } catch { throw Problem(error) }
        return call.oldDone
    }

    static func closeEnv(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        do { try call.hall.sessions.close(session) } catch { throw Problem(error) }
        return call.oldDone
    }

    static func upload(_ call: Call) throws(Problem) -> Reply { call.oldDone }
}

extension Call {
    /// 200 `{}`, or the old server's 204 for a client that takes text/html and neither JSON nor anything.
    var oldDone: Reply {
        let accept = exchange.accept ?? "*/*"
        let wantsHTML = accept.contains("text/html") && !accept.contains("json") && !accept.contains("*/*")
        return wantsHTML ? Reply(status: 204, contentType: "text/html") : .json([:])
    }
}

extension Space {
    /// gym-http-api's description: bounds flat, infinities as ±1e100.
    var oldInfo: Value {
        switch self {
        case .box(let box):
            [
                "name": "Box", "shape": .integers(box.shape), "low": Self.oldBounds(box.low),
                "high": Self.oldBounds(box.high),
            ]
        case .discrete(let discrete): ["name": "Discrete", "n": .int(Int64(discrete.n))]
        case .multiDiscrete(let multi): ["name": "MultiDiscrete", "nvec": .integers(multi.nvec)]
        case .multiBinary(let multi):
            ["name": "MultiBinary", "n": multi.shape.count == 1 ? .int(Int64(multi.shape[0])) : .integers(multi.shape)]
        case .dict(let dict):
            ["name": "Dict", "spaces": .object(dict.members.map { Value.Member($0.key, $0.space.oldInfo) })]
        case .tuple(let tuple): ["name": "Tuple", "spaces": .array(tuple.members.map(\.oldInfo))]
        case .oneOf(let oneOf): ["name": "OneOf", "spaces": .array(oneOf.members.map(\.oldInfo))]
        case .text, .sequence, .graph: ["name": .string(typeName)]
        }
    }

    private static func oldBounds(_ bounds: [Double]) -> Value {
        .array(bounds.map { .double($0.isFinite ? $0 : $0 > 0 ? 1e100 : -1e100) })
    }
}
