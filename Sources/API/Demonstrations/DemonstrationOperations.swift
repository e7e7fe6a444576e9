import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// The life of a set of demonstrations: made, added to, described, listed, downloaded, deleted.
enum DemonstrationOperations {
    private static let generation = ["expert", "num_episodes", "seed", "exploration"]

    static func createDemonstrations(_ call: Call) throws(Problem) -> Reply {
        let made: (set: DemonstrationSet, trajectories: [Trajectory])
        switch try call.form() {
        case .json:
            try call.refuseQuery()
            let fields = try call.requiredFields(AboutReader.known + generation + ["episodes"])
            made = fields["episodes"] == nil ? try generate(fields, call) : try upload(fields, call)
        case .lines:
            let of = try AboutReader(query: call, file: [:]).about(call.hall.catalogue)
            let reader = try EpisodeReader(observation: of.observationSpace, action: of.actionSpace)
            made = try create(of, try call.exchange.withBody { body throws(Problem) in try reader.lines(body) }, call)
        case .tensors:
            let file = try call.tensors()
            let of = try AboutReader(query: call, file: file.metadata).about(call.hall.catalogue)
            let reader = try EpisodeReader(observation: of.observationSpace, action: of.actionSpace)
            made = try create(of, try EpisodeTensors.read(file, reader), call)
        }
        let of = try call.about(made.set)
        let quality = DemonstrationQuality(
            made.trajectories, observation: of.observationSpace, action: of.actionSpace)
        guard case .object(let description) = describe(made.set, of, clock: call.hall.clock) else { return .json([:]) }
        return .json(
            .object(description + [.init("quality", quality.value)]), status: 201,
            headers: [("Location", "/v1/demonstrations/\(made.set.id)")])
    }

    private static func create(
        _ about: DemonstrationSet.About, _ trajectories: [Trajectory], numbersName: Bool = false, _ call: Call
    ) throws(Problem) -> (DemonstrationSet, [Trajectory]) {
        do {
            return (
                try call.hall.demonstrations.create(
                    about, of: call.tenant, trajectories, numbersName: numbersName), trajectories
            )
        } catch {
            throw Problem(error)
        }
    }

    private static func upload(_ fields: Fields, _ call: Call) throws(Problem) -> (DemonstrationSet, [Trajectory]) {
        if let name = generation.first(where: { fields[$0] != nil }) {
            throw .invalid("this goes with \"expert\", not with \"episodes\"", at: "/\(name)")
        }
        let about = try AboutReader(fields).about(call.hall.catalogue)
        let reader = try EpisodeReader(observation: about.observationSpace, action: about.actionSpace)
        let trajectories = try reader.episodes(try fields.required("episodes"), at: fields.at("episodes"))
        return try create(about, trajectories, call)
    }

    private static func generate(_ fields: Fields, _ call: Call) throws(Problem) -> (DemonstrationSet, [Trajectory]) {
        guard let expert = try fields.string("expert", lengths: 1...200) else {
            throw Problem(
                .missingParameter, "give \"episodes\", or name the \"expert\" that is to demonstrate", at: "/episodes")
        }
        let about = try AboutReader(fields, defaultName: { "\($0) \(expert)" }).about(call.hall.catalogue)
        guard let environment = about.environment, fields["observation_space"] == nil else {
            throw Problem(.missingParameter, "an expert demonstrates in an environment: \"env_id\"", at: "/env_id")
        }
        let count = try fields.int("num_episodes", in: 1...10_000) ?? 50
        let seed = try fields.seed(count: count) ?? 0
        let exploration =
            try fields.double("exploration", "a share from 0 to 1") { $0 >= 0 && $0 <= 1 } ?? 0
        let trajectories: [Trajectory]
        do {
            trajectories = try call.hall.demonstrate(
                environment, kwargs: about.kwargs, expert: expert, of: call.tenant,
                seeds: (0..<UInt64(count)).map { seed + $0 }, exploration: exploration)
        } catch {
            throw Problem(error)
        }
        return try create(about, trajectories, numbersName: fields["name"] == nil, call)
    }

    static func listDemonstrations(_ call: Call) throws(Problem) -> Reply {
        let page = try Page(call, of: call.hall.demonstrations.all(of: call.tenant)) { $0.id.description }
        var items: [Value] = []
        for set in page.items {
            // One that was deleted meanwhile is not there.
            do { items.append(describe(set, try call.about(set), clock: call.hall.clock)) } catch {
                guard error.kind == .notFound else { throw error }
            }
        }
        return page.reply(items)
    }

    static func getDemonstrations(_ call: Call) throws(Problem) -> Reply {
        let set = try call.demonstrations()
        return .json(describe(set, try call.about(set), clock: call.hall.clock))
    }

    static func deleteDemonstrations(_ call: Call) throws(Problem) -> Reply {
        let set = try call.demonstrations()
        do { try call.hall.demonstrations.delete(set) } catch { throw Problem(error) }
        return .json([:])
    }

    static func getQuality(_ call: Call) throws(Problem) -> Reply {
        let set = try call.demonstrations()
        let of = try call.about(set)
        let quality = DemonstrationQuality(
            try call.trajectories(of: set), observation: of.observationSpace, action: of.actionSpace)
        return .json(quality.value)
    }

    private static func describe(
        _ set: DemonstrationSet, _ about: DemonstrationSet.About, clock: WallClock
    ) -> Value {
        guard case .object(let members) = about.value else { return [:] }
        let counts = set.counts
        let state: [Value.Member] = [
            .init("num_episodes", .int(Int64(counts.episodes))), .init("num_steps", .int(Int64(counts.steps))),
            .init("num_bytes", .int(Int64(counts.bytes))),
            .init("created_at", .string(clock.timestamp(set.createdAt))),
            .init("updated_at", .string(clock.timestamp(counts.updatedAt))),
        ]
        return .object([.init("demonstration_id", .string(set.id.description))] + members + state)
    }

    static func describe(_ set: DemonstrationSet, _ call: Call) throws(Problem) -> Value {
        describe(set, try call.about(set), clock: call.hall.clock)
    }
}

extension Call {
    /// How episodes are sent.
    enum EpisodeForm { case json, lines, tensors }

    func form() throws(Problem) -> EpisodeForm {
        if exchange.mediaType == .ndjson { return .lines }
        return try hasTensors() ? .tensors : .json
    }

    /// The set of demonstrations that the path names.
    func demonstrations() throws(Problem) -> DemonstrationSet {
        guard let set = identifier.flatMap({ hall.demonstrations.find($0, of: tenant) }) else {
            throw Problem(.notFound, "there are no demonstrations \(exchange.segment(0))")
        }
        return set
    }

    func about(_ set: DemonstrationSet) throws(Problem) -> DemonstrationSet.About {
        do { return try hall.demonstrations.about(set) } catch { throw Problem(error) }
    }

    func trajectories(of set: DemonstrationSet, in range: Range<Int>? = nil) throws(Problem) -> [Trajectory] {
        do { return try hall.demonstrations.trajectories(of: set, in: range) } catch { throw Problem(error) }
    }
}
