import Gym
import HTTP
import Hosting
import JSON
import Store

/// What drives episodes: `reset` and `step`. The hot path of the daemon.
enum EpisodeOperations {
    private static let stepFields = ["action", "step", "render", "video_callable"]

    static func step(_ call: Call) throws(Problem) -> Reply {
        if call.exchange.mediaType == .safetensors { return try stepTensors(call) }
        try call.refuseQuery()
        // The clock is read once: that takes as long as to step a CartPole.
        let now = ContinuousClock.now
        let found = call.findSession(now: now)
        if let found, let actions = try call.knownActions(found) {
            try call.pay(steps: found.count)
            return try step(found, actions, index: nil, tensors: call.wantsTensors, now: now)
        }
        guard let body = try call.oldJSON() else { throw Problem(.invalidJSON, "Request is not a valid json", at: "") }
        let fields = try Fields(body, known: stepFields)
        let action = try fields.oldRequired("action")
        let session = try call.existing(found, old: true)
        let lanes = try SessionCodec(session: session).action(action, at: fields.at("action"))
        let index = try fields.int("step", in: 0...Int.max)
        try call.pay(steps: session.count)
        if index == nil { call.exchange.withBody { session.keep(lanes, readFrom: $0) } }
        return try step(session, lanes, index: index, tensors: call.wantsTensors, now: now)
    }

    private static func stepTensors(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        let file = try call.tensors()
        let lanes = try file.lanes("action", session.actionLayout, count: session.count)
        try file.refuseOthers(than: session.actionLayout.leaves.map { "action" + $0.name })
        try call.pay(steps: session.count)
        let index = try call.queryInt("step", in: 0...Int.max)
        return try step(session, lanes, index: index, tensors: call.wantsTensors, now: .now)
    }

    private static func step(
        _ session: Session, _ lanes: Lanes, index: Int?, tensors: Bool, now: ContinuousClock.Instant
    ) throws(Problem) -> Reply {
        let codec = SessionCodec(session: session)
        do {
            let bytes = try session.drive(now: now) { world throws(HostingError) in
                if let index, let reply = try world.replay(index: index, action: lanes) { return reply }
                try world.step(lanes)
                let reply: [UInt8]
                if tensors {
                    reply = codec.tensors(step: world).encoded()
                } else {
                    var writer = JSONWriter()
                    codec.write(step: world, to: &writer)
                    reply = writer.take()
                }
                if index != nil { world.remember(action: lanes, reply: reply) }
                return reply
            }
            return Reply(contentType: tensors ? Call.tensors : Call.json, body: bytes)
        } catch {
            throw Problem(error)
        }
    }

    static func reset(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session(old: true)
        let fields = try call.resetFields()
        let seed = try fields?.seed(count: session.count)
        var options = try fields?.object("options")
        let mask = try takeMask(from: &options, session)
        let codec = SessionCodec(session: session)
        let tensors = call.wantsTensors
        do {
            let bytes = try session.drive { [options, mask] world throws(HostingError) in
                try world.reset(seed: seed, mask: mask, options: options)
                if tensors { return codec.tensors(reset: world, mask: mask).encoded() }
                var writer = JSONWriter()
                codec.write(reset: world, mask: mask, to: &writer)
                return writer.take()
            }
            return Reply(contentType: tensors ? Call.tensors : Call.json, body: bytes)
        } catch {
            throw Problem(error)
        }
    }

    /// `reset_mask` is an option of the vector, as in Gymnasium; the rest is the environment's.
    private static func takeMask(from options: inout Value?, _ session: Session) throws(Problem) -> [Bool]? {
        guard case .object(var members) = options, let at = members.firstIndex(where: { $0.key == "reset_mask" }) else {
            return nil
        }
        guard case .array(let flags) = members.remove(at: at).value, flags.count == session.count,
            flags.allSatisfy({ $0.asBool != nil }), flags.contains(where: { $0.asBool == true })
        else {
            throw .invalid(
                "expected \(session.count) booleans, at least one of them true", at: "/options/reset_mask")
        }
        options = members.isEmpty ? nil : .object(members)
        return flags.map { $0.asBool ?? false }
    }
}

extension Call {
    /// The actions of a body that the session has lately read, and that may be read now.
    fileprivate func knownActions(_ session: Session) throws(Problem) -> Lanes? {
        guard exchange.bodyCount > 0, try !hasTensors() else { return nil }
        return exchange.withBody { session.actions(readFrom: $0) }
    }

    /// The body of an old route that needs one: the old server's words where it is no JSON.
    func oldJSON() throws(Problem) -> JSONValue? {
        do {
            guard let value = try json(), !value.isNull else { return nil }
            return value
        } catch {
            guard error.kind == .invalidJSON else { throw error }
            throw Problem(.invalidJSON, "Request is not a valid json", at: "")
        }
    }

    func oldFields(_ known: [String], nullable: [String] = []) throws(Problem) -> Fields {
        guard let body = try oldJSON() else { throw Problem(.invalidJSON, "Request is not a valid json", at: "") }
        return try Fields(body, known: known, nullable: nullable)
    }

    private static let resetFields = ["seed", "options"]

    /// The body of `reset`: `null`, `""` and `[]` are what old clients send for nothing.
    fileprivate func resetFields() throws(Problem) -> Fields? {
        guard let body = try json() else { return nil }
        let isNothing = body.isNull || body.string == "" || (body.kind == .array && body.count == 0)
        return isNothing ? nil : try Fields(body, known: Self.resetFields, nullable: Self.resetFields)
    }
}

extension Fields {
    /// A required field in the old server's words, for which null, "" and [] are no values.
    func oldRequired(_ name: String) throws(Problem) -> JSONValue {
        guard let value = self[name], !value.isNull, value.string != "", value.kind != .array || value.count > 0 else {
            throw Problem(
                .missingParameter, "A required request parameter '\(name)' was not provided", at: at(name).description)
        }
        return value
    }
}
