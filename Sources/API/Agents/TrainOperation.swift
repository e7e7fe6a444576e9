import Gym
import HTTP
import Hosting
import JSON
import Learning

/// Training asked for: a job, at once or waited for.
enum TrainOperation {
    private static let budgets = ["steps", "episodes", "updates", "seconds"]
    private static let known =
        ["env_id", "kwargs", "num_envs", "target_return", "evaluate", "phases"] + budgets

    static func train(_ call: Call) throws(Problem) -> Reply? {
        try call.allowQuery("wait")
        let agent = try call.agent()
        let request = try request(try call.fields(known), agent, call.hall.catalogue)
        let waits = try call.queryBool("wait") ?? false
        let job: Job
        do { job = try call.hall.jobs.train(agent, request) } catch { throw Problem(error) }
        guard waits else { return reply(job, call, status: 202) }
        // No thread waits: the job's own answers at its end.
        job.whenEnded { call.exchange.respond(reply(job, call, status: 200)) }
        return nil
    }

    private static func reply(_ job: Job, _ call: Call, status: Int) -> Reply {
        .json(
            job.value(clock: call.hall.clock), status: status, headers: [("Location", "/v1/jobs/\(job.id)")])
    }

    private static func request(_ fields: Fields?, _ agent: Agent, _ catalogue: Catalogue) throws(Problem)
        -> TrainRequest
    {
        let configuration = agent.configuration
        let named = try fields?.string("env_id")
        guard let environment = named ?? configuration.environment else {
            throw Problem(
                .missingParameter, "the agent was made for spaces, not for an environment: name one to train in",
                at: "/env_id")
        }
        let spec: EnvironmentSpec
        do { spec = try catalogue.spec(environment) } catch { throw Problem(error) }
        let ownKwargs = named == nil || named == configuration.environment ? configuration.kwargs : nil
        let phase = try phase(fields)
        let evaluate = try evaluation(fields)
        var budget = try budget(fields) ?? TrainingRequest.Budget()
        if let own = try phase.flatMap({ fields throws(Problem) in try Self.budget(fields) }) { budget = own }
        return TrainRequest(
            environment: environment, kwargs: try fields?.object("kwargs") ?? ownKwargs,
            numEnvs: try fields?.int("num_envs", in: 1...256) ?? 1, budget: budget.resolved,
            targetReturn: try fields?.double("target_return") ?? spec.rewardThreshold,
            evaluationInterval: try evaluate?.int("every_steps", in: 1...Int(Int32.max)),
            evaluationEpisodes: try evaluate?.int("num_episodes", in: 1...10_000) ?? 100,
            hyperparameters: try phase?.object("hyperparameters"))
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

    /// The one phase there may be: reinforce by Q-learning.
    private static func phase(_ fields: Fields?) throws(Problem) -> Fields? {
        guard let fields, let json = fields["phases"] else { return nil }
        guard json.kind == .array, json.count == 1 else {
            throw .invalid("expected an array of one phase, {\"phase\":\"reinforce\",\"method\":\"q\"}", at: "/phases")
        }
        let phase = try Fields(
            json[0], at: fields.at("phases").appending(0), known: ["phase", "method", "hyperparameters"] + budgets)
        guard try phase.required("phase").string == "reinforce" else {
            throw .invalid("the phase that is supported is \"reinforce\"", at: "/phases/0/phase")
        }
        guard try phase.string("method") ?? "q" == "q" else {
            throw .invalid("the method that is supported is \"q\"", at: "/phases/0/method")
        }
        return phase
    }
}
