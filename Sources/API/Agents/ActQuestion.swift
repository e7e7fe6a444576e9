import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// What `act` is asked, whatever form it came in.
struct ActQuestion {
    enum Include: String, CaseIterable { case values, probabilities }

    var observations: Lanes
    var rows: Int
    var isBatch: Bool
    var masks: [Bool] = []
    var deterministic = true
    /// Whether the best actions are to be found exactly though an index may be there.
    var isExact = false
    var topK: Int?
    var include: Set<Include> = []
    var version: Int?
    /// Which episode each row belongs to; empty where that was not said.
    var episodes: [String] = []
    /// Where it says what to include.
    var includePlace = "/include"

    /// Whether more is asked for than actions.
    var explains: Bool { !include.isEmpty || topK != nil }

    private static let known = [
        "observation", "observations", "action_mask", "deterministic", "exact", "top_k", "include", "version",
        "episode_id", "episode_ids",
    ]

    static func read(_ call: Call, to agent: Agent) throws(Problem) -> ActQuestion {
        try call.hasTensors() ? try readTensors(call, agent) : try readJSON(call, agent)
    }

    private static func readJSON(_ call: Call, _ agent: Agent) throws(Problem) -> ActQuestion {
        try call.refuseQuery()
        if let observation = call.soleObservation(of: agent.observationSpace) {
            return ActQuestion(observations: observation, rows: 1, isBatch: false)
        }
        let fields = try call.requiredFields(known)
        let isBatch = fields["observations"] != nil
        guard isBatch != (fields["observation"] != nil) else {
            throw Problem(
                .missingParameter, "exactly one of \"observation\" and \"observations\" is needed", at: "")
        }
        let name = isBatch ? "observations" : "observation"
        let json = try fields.required(name)
        guard !isBatch || (json.kind == .array && json.count > 0) else {
            throw .invalid("expected an array of observations", at: "/observations")
        }
        let rows = isBatch ? json.count : 1
        let observations = try call.elements(
            of: agent.observationSpace, agent.observationLayout, json, at: fields.at(name), isBatch: isBatch)
        var question = ActQuestion(observations: observations, rows: rows, isBatch: isBatch)
        // Most say nothing else.
        if fields.count == 1 { return question }
        question.masks = try ActionMask.read(fields, agent.served.policy.network.action, rows: rows, isBatch: isBatch)
        question.deterministic = try fields.bool("deterministic") ?? true
        question.isExact = try fields.bool("exact") ?? false
        question.topK = try fields.int("top_k", in: 1...1000)
        question.version = try fields.int("version", in: 0...Int(Int32.max))
        question.include = try include(fields)
        question.episodes = try episodes(fields, rows: rows, isBatch: isBatch)
        return question
    }

    private static func episodes(_ fields: Fields, rows: Int, isBatch: Bool) throws(Problem) -> [String] {
        guard isBatch else {
            guard fields["episode_ids"] == nil else {
                throw .invalid("this goes with \"observations\"", at: "/episode_ids")
            }
            return try fields.string("episode_id", lengths: 0...200).map { [$0] } ?? []
        }
        guard fields["episode_id"] == nil else { throw .invalid("this goes with \"observation\"", at: "/episode_id") }
        guard let json = fields["episode_ids"] else { return [] }
        guard json.kind == .array, json.count == rows else {
            throw .invalid("expected \(rows) strings, one for each observation", at: "/episode_ids")
        }
        var episodes: [String] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let episode = element.string, episode.count <= 200 else {
                throw .invalid("expected a string of at most 200 characters", at: "/episode_ids/\(index)")
            }
            episodes.append(episode)
        }
        return episodes
    }

    private static func include(_ fields: Fields) throws(Problem) -> Set<Include> {
        guard let json = fields["include"] else { return [] }
        guard json.kind == .array else { throw .invalid("expected an array", at: "/include") }
        var include: Set<Include> = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let word = element.string.flatMap(Include.init(rawValue:)) else {
                throw .invalid("expected \"values\" or \"probabilities\"", at: "/include/\(index)")
            }
            include.insert(word)
        }
        return include
    }

    private static func readTensors(_ call: Call, _ agent: Agent) throws(Problem) -> ActQuestion {
        let file = try call.tensors()
        guard let first = file.entries.first(where: { $0.name.hasPrefix("observations") }) else {
            throw Problem(.missingParameter, "the tensor \"observations\" is missing", at: "/observations")
        }
        let rows = first.tensor.shape.first ?? 0
        guard rows > 0 else { throw .invalid("expected at least one row", at: "/observations") }
        let observations = try file.lanes("observations", agent.observationLayout, count: rows)
        var question = ActQuestion(observations: observations, rows: rows, isBatch: true, includePlace: "?include")
        question.masks = try ActionMask.read("action_mask", in: file, agent.served.policy.network.action, rows: rows)
        question.deterministic = try call.queryBool("deterministic") ?? true
        question.isExact = try call.queryBool("exact") ?? false
        question.version = try call.queryInt("version", in: 0...Int(Int32.max))
        for word in call.query("include")?.split(separator: ",") ?? [] {
            guard let include = Include(rawValue: String(word)) else {
                throw .invalid("expected values or probabilities", at: "?include")
            }
            question.include.insert(include)
        }
        if let episodes = file["episode_ids"] {
            guard let numbers = episodes.int64s, episodes.shape == [rows] else {
                throw .invalid("expected int64 of shape [\(rows)]", at: "/episode_ids")
            }
            question.episodes = numbers.map { String($0) }
        }
        return question
    }
}

extension Call {
    /// The observation of a body that says nothing else; nil where it must be read with care.
    fileprivate func soleObservation(of space: Space) -> Lanes? {
        guard case .box(let box) = space, box.shape.count == 1 else { return nil }
        return exchange.withBody { SoleRow.numbers(of: "observation", count: box.count, in: $0) }
            .flatMap(box.lanes(of:))
    }

    /// Reads one element of a space, or an array of them.
    func elements(
        of space: Space, _ layout: Layout, _ json: JSONValue, at pointer: @autoclosure () -> JSONPointer, isBatch: Bool
    ) throws(Problem) -> Lanes {
        guard isBatch else { return try Lanes(json, of: space, layout, at: pointer()) }
        var lanes = Lanes(layout.element, count: 0)
        for (index, element) in json.arrayElements.enumerated() {
            try lanes.append(element, of: space, layout, at: pointer().appending(index))
        }
        return lanes
    }
}
