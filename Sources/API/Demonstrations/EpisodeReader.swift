import Gym
import HTTP
import Hosting
import JSON
import Store

/// Reads episodes that clients send, every part of them checked: nothing that cannot be learned from gets in.
struct EpisodeReader {
    private static let known = [
        "observations", "actions", "rewards", "terminations", "truncations", "seed", "infos", "env_index",
    ]
    /// Of a line of newline-delimited JSON.
    private static let lineLimit = 1 << 20

    /// Without bounds: real sensors overshoot, and the quality report says so.
    let observation: Space
    let action: Space
    let observationLayout: Layout
    let actionLayout: Layout
    /// Entries of an action mask; nil where actions are not masked.
    let maskWidth: Int?

    /// - Throws: where a space's elements have no fixed shape.
    init(observation: Space, action: Space) throws(Problem) {
        (self.observation, observationLayout) = try Self.loosened(observation, at: "/observation_space") {
            $0.unbounded
        }
        (self.action, actionLayout) = try Self.loosened(action, at: "/action_space") { $0.finite }
        if case .discrete(let space) = action { maskWidth = space.n } else { maskWidth = nil }
    }

    private static func loosened(
        _ space: Space, at pointer: String, _ change: (Space) -> Space
    ) throws(Problem) -> (Space, Layout) {
        guard space.layout != nil, let layout = change(space).layout, layout.count > 0 else {
            throw .invalid(
                "demonstrations are of spaces whose elements have a fixed shape; \(space.typeName) has none",
                at: pointer)
        }
        return (change(space), layout)
    }

    /// The episodes of an array.
    func episodes(_ json: JSONValue, at pointer: JSONPointer) throws(Problem) -> [Trajectory] {
        guard json.kind == .array else {
            throw .invalid("expected an array of episodes, not \(json.kindName)", at: pointer.description)
        }
        var trajectories: [Trajectory] = []
        for (index, element) in json.arrayElements.enumerated() {
            trajectories.append(try episode(element, at: pointer.appending(index)))
        }
        return trajectories
    }

    /// One episode a line; pointers are into the line, which the detail names.
    func lines(_ text: Span<UInt8>) throws(Problem) -> [Trajectory] {
        var trajectories: [Trajectory] = []
        var start = 0
        var number = 0
        while start < text.count {
            number += 1
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            let line = text.extracting(start..<end)
            start = end + 1
            if line.isBlank { continue }
            do throws(Problem) {
                guard line.count <= Self.lineLimit else {
                    throw Problem(
                        .payloadTooLarge,
                        "it is \(line.count) bytes long, at most \(Self.lineLimit) are taken; send "
                            + "long episodes as safetensors", at: "")
                }
                let json: JSONValue
                do { json = try JSONDocument(parsing: line).root } catch {
                    throw Problem(.invalidJSON, "\(error)", at: "")
                }
                trajectories.append(try episode(json, at: .root))
            } catch {
                throw Problem(error.kind, "line \(number): \(error.detail)", at: error.pointer)
            }
        }
        return trajectories
    }

    private func episode(_ json: JSONValue, at pointer: JSONPointer) throws(Problem) -> Trajectory {
        let fields = try Fields(json, at: pointer, known: Self.known, nullable: ["seed"])
        var rewards: [Double] = []
        for (index, element) in try array(fields, "rewards", count: nil).arrayElements.enumerated() {
            guard let reward = element.double else {
                throw .invalid(
                    "expected a number, not \(element.kindName)",
                    at: fields.at("rewards").appending(index).description)
            }
            rewards.append(reward)
        }
        guard !rewards.isEmpty else {
            throw .invalid("an episode has one step at least", at: fields.at("rewards").description)
        }
        let length = rewards.count
        let observations = try rows(fields, "observations", of: observation, observationLayout, count: length + 1)
        let actions = try rows(fields, "actions", of: action, actionLayout, count: length)
        let infos = try infos(fields, count: length + 1)
        // A rollout says which environment of a vector it saw; here an episode stands on its own.
        _ = try fields.int("env_index", in: 0...Int.max)
        return Trajectory(
            observations: observations, actions: actions, rewards: rewards,
            terminations: try ends(fields, "terminations", count: length),
            truncations: try ends(fields, "truncations", count: length),
            masks: try masks(in: infos, at: fields.at("infos")), infos: infos, seed: try fields.seed())
    }

    private func array(_ fields: Fields, _ name: String, count: Int?) throws(Problem) -> JSONValue {
        let json = try fields.required(name)
        guard json.kind == .array else {
            throw .invalid("expected an array, not \(json.kindName)", at: fields.at(name).description)
        }
        if let count, json.count != count {
            throw .invalid(
                "expected \(count) elements, not \(json.count): one for each reward, and of observations and infos one "
                    + "more", at: fields.at(name).description)
        }
        return json
    }

    private func rows(
        _ fields: Fields, _ name: String, of space: Space, _ layout: Layout, count: Int
    ) throws(Problem) -> Lanes {
        var lanes = Lanes(layout.element, count: 0)
        for (index, element) in try array(fields, name, count: count).arrayElements.enumerated() {
            try lanes.append(element, of: space, layout, at: fields.at(name).appending(index))
        }
        return lanes
    }

    private func ends(_ fields: Fields, _ name: String, count: Int) throws(Problem) -> [Bool] {
        var flags: [Bool] = []
        for (index, element) in try array(fields, name, count: count).arrayElements.enumerated() {
            let pointer = fields.at(name).appending(index)
            guard let flag = element.bool else {
                throw .invalid("expected true or false, not \(element.kindName)", at: pointer.description)
            }
            guard !flag || index == count - 1 else { throw .endTooEarly(at: pointer.description) }
            flags.append(flag)
        }
        return flags
    }

    private func infos(_ fields: Fields, count: Int) throws(Problem) -> [Value] {
        guard fields["infos"] != nil else { return [] }
        return try infos(array(fields, "infos", count: count), at: fields.at("infos"))
    }

    /// Objects.
    func infos(_ json: JSONValue, at pointer: JSONPointer) throws(Problem) -> [Value] {
        var infos: [Value] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard element.kind == .object else {
                throw .invalid("expected an object, not \(element.kindName)", at: pointer.appending(index).description)
            }
            infos.append(Value(element))
        }
        return infos
    }

    /// What the infos say was allowed; empty where none says it.
    func masks(in infos: [Value], at pointer: JSONPointer) throws(Problem) -> [Bool] {
        guard let width = maskWidth, infos.contains(where: { $0["action_mask"] != nil }) else { return [] }
        var masks: [Bool] = []
        for (index, info) in infos.enumerated() {
            let flags = (info["action_mask"] ?? .null).arrayElements.map {
                $0.asBool ?? ($0.asInt64.flatMap { [0: false, 1: true][$0] })
            }
            guard flags.count == width, !flags.contains(nil) else {
                throw .invalid(
                    "expected \(width) entries of 0 or 1, one for each action, in every info or in none",
                    at: pointer.appending(index).appending("action_mask").description)
            }
            masks += flags.map { $0 ?? false }
        }
        return masks
    }
}

extension Problem {
    static func endTooEarly(at pointer: String) -> Problem {
        .invalid("only an episode's last step can end it; what comes after is another episode", at: pointer)
    }
}

extension Span<UInt8> {
    fileprivate var isBlank: Bool {
        for index in indices where ![0x20, 0x09, 0x0D].contains(self[index]) { return false }
        return true
    }
}
