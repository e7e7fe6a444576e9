import Gym
import Hosting
import JSON
import Store

/// Reads actions and writes observations, rewards and infos of one session, in JSON.
///
/// A session of one environment speaks of single elements; a session of several speaks of arrays with one element for
/// each environment.
struct SessionCodec {
    let session: Session

    var isBatch: Bool { session.count > 1 }

    /// Reads what is posted to `step`.
    func action(_ json: JSONValue, at pointer: @autoclosure () -> JSONPointer) throws(Problem) -> Lanes {
        let layout = session.actionLayout
        var writer = LaneWriter(Lanes(layout.element, count: session.count * layout.count))
        if isBatch {
            guard json.kind == .array, json.count == session.count else {
                let found = json.kind == .array ? "an array of \(json.count)" : json.kindName
                throw Problem(
                    .notAMember,
                    "expected an array of \(session.count) actions, one for each environment, not \(found)",
                    at: pointer().description)
            }
            for (index, element) in json.arrayElements.enumerated() {
                try read(element, into: &writer, at: pointer().appending(index))
            }
        } else {
            try read(json, into: &writer, at: pointer())
        }
        return writer.lanes
    }

    private func read(
        _ json: JSONValue, into writer: inout LaneWriter, at pointer: @autoclosure () -> JSONPointer
    ) throws(Problem) {
        do { try session.actionSpace.read(json, into: &writer) } catch {
            throw Problem(error, at: pointer().description)
        }
    }

    /// - Parameter mask: the environments that were reset, by default all; the others have no info.
    func write(reset world: borrowing World, mask: [Bool]?, to writer: inout JSONWriter) {
        writer.beginObject()
        observation(of: world, to: &writer)
        writer.key("info")
        let infos = infos(of: world, mask: mask)
        writer.value(isBatch ? BatchedInfo.combine(infos) : infos[0])
        writer.endObject()
    }

    func infos(of world: borrowing World, mask: [Bool]? = nil) -> [Value] {
        guard world.vector.hasInfo else { return Array(repeating: .object([]), count: session.count) }
        return (0..<session.count).map { mask?[$0] ?? true ? world.vector.info($0) : .object([]) }
    }

    func write(step world: borrowing World, to writer: inout JSONWriter) {
        writer.beginObject()
        observation(of: world, to: &writer)
        writer.key("reward")
        if isBatch { writer.array(of: world.vector.rewards.span) } else { writer.value(world.vector.rewards[0]) }
        let terminated = world.vector.terminated
        let truncated = world.vector.truncated
        // How most steps end, when the world has no more to say: told in one word, for a sixth of what a step costs here.
        if !isBatch, !terminated[0], !truncated[0], !world.vector.hasInfo {
            writer.members(#""terminated":false,"truncated":false,"done":false,"info":{}"#)
            return writer.endObject()
        }
        flags("terminated", to: &writer) { terminated[$0] }
        flags("truncated", to: &writer) { truncated[$0] }
        flags("done", to: &writer) { terminated[$0] || truncated[$0] }
        writer.key("info")
        info(of: world, to: &writer)
        writer.endObject()
    }

    private func observation(of world: borrowing World, to writer: inout JSONWriter) {
        writer.key("observation")
        writer.elements(
            of: session.observationSpace, world.vector.observations, count: session.count, isBatch: isBatch)
    }

    private func flags(_ name: StaticString, to writer: inout JSONWriter, _ flag: (Int) -> Bool) {
        writer.key(name)
        guard isBatch else { return writer.value(flag(0)) }
        writer.beginArray()
        for index in 0..<session.count { writer.value(flag(index)) }
        writer.endArray()
    }

    private func info(of world: borrowing World, to writer: inout JSONWriter) {
        if !isBatch, session.request.options.autoreset != .sameStep { return writer.value(world.vector.info(0)) }
        var infos = infos(of: world)
        addFinal(of: world, to: &infos)
        writer.value(isBatch ? BatchedInfo.combine(infos) : infos[0])
    }

    /// Under `same_step`, what the next reset has already replaced: `final_obs` and `final_info`.
    private func addFinal(of world: borrowing World, to infos: inout [Value]) {
        guard session.request.options.autoreset == .sameStep else { return }
        let final = world.vector.finalObservations
        for episode in world.vector.episodes {
            var offset = episode.index * session.observationLayout.count
            guard case .object(var members) = infos[episode.index] else { continue }
            members.append(.init("final_obs", session.observationSpace.value(of: final, at: &offset)))
            members.append(.init("final_info", episode.finalInfo ?? .object([])))
            infos[episode.index] = .object(members)
        }
    }
}
