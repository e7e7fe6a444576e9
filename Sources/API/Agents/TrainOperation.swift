import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// Training asked for: a job, at once or waited for.
enum TrainOperation {
    private static let budgets = ["steps", "episodes", "updates", "seconds"]
    private static let known =
        ["env_id", "kwargs", "num_envs", "demonstrations", "expert", "target_return", "evaluate", "phases"] + budgets

    static func train(_ call: Call) throws(Problem) -> Reply? {
        let agent = try call.agent()
        let request = try request(try call.fields(known), agent, call)
        let waits = try call.queryBool("wait") ?? false
        let job: Job
        do { job = try call.hall.jobs.train(agent, request) } catch { throw Problem(error) }
        guard waits else { return reply(job, call, status: 202) }
        // No thread waits: the job's own answers at its end.
        job.whenEnded { call.respond(reply(job, call, status: 200)) }
        return nil
    }

    private static func reply(_ job: Job, _ call: Call, status: Int) -> Reply {
        .json(
            job.value(clock: call.hall.clock), status: status, headers: [("Location", "/v1/jobs/\(job.id)")])
    }

    private static func request(_ fields: Fields?, _ agent: Agent, _ call: Call) throws(Problem) -> TrainRequest {
        let environment = try environment(fields, agent, call.hall.catalogue)
        let demonstrations = try demonstrations(fields)
        let phases = try phases(fields, environment, call, shown: !demonstrations.isEmpty)
        if let stranger = phases.first(where: { $0.method.kind != .imitate }), environment == nil {
            throw Problem(
                .missingParameter,
                "the agent was made for spaces, not for an environment: name one to act in, for a phase "
                    + "\"\(stranger.method.kind.rawValue)\"", at: "/env_id")
        }
        let evaluate = try evaluation(fields)
        // Whoever says what phases there are wants all of them.
        let threshold = fields?["phases"] == nil ? environment?.spec.rewardThreshold : nil
        let budget = try budget(fields) ?? TrainingRequest.Budget()
        return TrainRequest(
            environment: environment?.spec.id, kwargs: environment?.kwargs,
            numEnvs: try fields?.int("num_envs", in: 1...256), budget: budget,
            targetReturn: try fields?.double("target_return") ?? threshold,
            evaluationInterval: try evaluate?.int("every_steps", in: 1...Int(Int32.max)),
            evaluationEpisodes: try evaluate?.int("num_episodes", in: 1...10_000)
                ?? (environment?.spec.isHosted == true ? 20 : 100),
            demonstrations: demonstrations, phases: phases.map { resolved($0, budget, among: phases, call) })
    }

    /// The same with its budget, and the version of the agent that labels: what it serves may change meanwhile.
    private static func resolved(
        _ phase: TrainRequest.Phase, _ common: TrainingRequest.Budget, among phases: [TrainRequest.Phase], _ call: Call
    ) -> TrainRequest.Phase {
        var phase = phase
        phase.budget = Phase(phase.method, budget: phase.budget).budget(
            within: common, among: phases.map { Phase($0.method) })
        phase.expertVersion = phase.expert.flatMap { Identifier($0) }.flatMap {
            call.hall.agents.find($0, of: call.tenant)?.served.version
        }
        return phase
    }

    /// Where to act: what is named, else the agent's own.
    private static func environment(
        _ fields: Fields?, _ agent: Agent, _ catalogue: Catalogue
    ) throws(Problem) -> EnvironmentRequest? {
        let own = agent.configuration
        let named = try fields?.string("env_id")
        let kwargs = try fields?.object("kwargs")
        guard let id = named ?? own.environment else {
            guard kwargs == nil else { throw .invalid("this goes with \"env_id\"", at: "/kwargs") }
            return nil
        }
        do {
            return EnvironmentRequest(
                try catalogue.spec(id), kwargs: kwargs ?? (id == own.environment ? own.kwargs : nil))
        } catch {
            throw Problem(error)
        }
    }

    private static func demonstrations(_ fields: Fields?) throws(Problem) -> [Identifier] {
        guard let fields, let json = fields["demonstrations"] else { return [] }
        let place = fields.at("demonstrations")
        guard json.kind == .array, json.count <= 1_000 else {
            throw .invalid("expected an array of at most 1,000 ids of demonstrations", at: place.description)
        }
        var ids: [Identifier] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let id = element.string.flatMap({ Identifier($0) }) else {
                throw .invalid("expected the id of demonstrations", at: place.appending(index).description)
            }
            guard !ids.contains(id) else {
                throw .invalid("demonstrations \(id) are named twice", at: place.appending(index).description)
            }
            ids.append(id)
        }
        return ids
    }

    private static func budget(_ fields: Fields?) throws(Problem) -> TrainingRequest.Budget? {
        guard let fields, budgets.contains(where: { fields[$0] != nil }) else { return nil }
        return TrainingRequest.Budget(
            steps: try fields.int("steps", in: 1...1_000_000_000_000),
            episodes: try fields.int("episodes", in: 1...1_000_000_000_000),
            updates: try fields.int("updates", in: 1...1_000_000_000_000),
            seconds: try fields.double("seconds", "seconds, above 0") { $0 > 0 && $0.isFinite })
    }

    private static func evaluation(_ fields: Fields?) throws(Problem) -> Fields? {
        guard let fields, let json = fields["evaluate"] else { return nil }
        return try Fields(json, at: fields.at("evaluate"), known: ["every_steps", "num_episodes"])
    }

    /// Those that are given, else what the demonstrations and the expert that are named call for.
    private static func phases(
        _ fields: Fields?, _ environment: EnvironmentRequest?, _ call: Call, shown: Bool
    ) throws(Problem) -> [TrainRequest.Phase] {
        let expert = try expert(fields, environment, call)
        guard let fields, let json = fields["phases"] else {
            let phases = TrainRequest.phases(shown: shown, expert: expert, acts: environment != nil)
            guard !phases.isEmpty else {
                throw Problem(
                    .missingParameter, "name an environment to act in, demonstrations to learn from, or both", at: "")
            }
            return phases
        }
        guard json.kind == .array, (1...100).contains(json.count) else {
            throw .invalid("expected an array of 1 to 100 phases", at: "/phases")
        }
        var phases: [TrainRequest.Phase] = []
        for (index, element) in json.arrayElements.enumerated() {
            let place = fields.at("phases").appending(index)
            phases.append(try phase(element, at: place, expert, environment, call))
        }
        guard expert == nil || phases.contains(where: { $0.method.kind == .aggregate }) else {
            throw .invalid("none of the phases is \"aggregate\", where an expert labels", at: "/expert")
        }
        return phases
    }

    private static func phase(
        _ json: JSONValue, at place: JSONPointer, _ common: String?, _ environment: EnvironmentRequest?, _ call: Call
    ) throws(Problem) -> TrainRequest.Phase {
        let fields = try Fields(json, at: place, known: ["phase", "method", "expert", "hyperparameters"] + budgets)
        _ = try fields.required("phase")
        guard let kind = try fields.word("phase", of: Phase.Kind.self) else { preconditionFailure("it is there") }
        let method = try fields.word("method", of: Phase.Method.self) ?? kind.methods[0]
        guard method.kind == kind else {
            let words = kind.methods.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw .invalid(
                "a phase \"\(kind.rawValue)\" has the methods \(words)", at: fields.at("method").description)
        }
        let own = try expert(fields, environment, call)
        guard kind == .aggregate || own == nil else {
            throw .invalid("this goes with a phase \"aggregate\"", at: fields.at("expert").description)
        }
        guard kind != .aggregate || own ?? common != nil else {
            throw Problem(
                .missingParameter,
                "who labels? A scripted expert, an agent's id, or \"client\" for whoever answers at …/labels",
                at: fields.at("expert").description)
        }
        return TrainRequest.Phase(
            method, expert: kind == .aggregate ? own ?? common : nil, budget: try budget(fields),
            hyperparameters: try fields.object("hyperparameters"))
    }

    /// The id of an expert that is there.
    private static func expert(
        _ fields: Fields?, _ environment: EnvironmentRequest?, _ call: Call
    ) throws(Problem) -> String? {
        guard let fields, let name = try fields.string("expert", lengths: 1...200) else { return nil }
        guard name != TrainRequest.client, let environment else { return name }
        do { return try call.hall.agents.expert(name, in: environment, of: call.tenant).id } catch {
            var problem = Problem(error)
            problem.pointer = fields.at("expert").description
            throw problem
        }
    }
}
