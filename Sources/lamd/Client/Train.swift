import ArgumentParser
import JSON

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train an agent and follow how it learns.",
        discussion: """
            Without an agent a new one is made for --env. Without a budget or a target it trains until the environment's \
            reward threshold. With --demonstrations it imitates first, with --expert it is told what to do in the states \
            that it comes across; --phases says all of it in detail. Ctrl-C leaves the job running and says how to follow \
            or cancel it.
            """)

    @Argument(help: "The id of an agent that exists.")
    var agent: String?

    @Option(help: ArgumentHelp("The environment; by default the agent's.", valueName: "id"))
    var env: String?

    @Option(
        help: ArgumentHelp("The environment's own parameters, such as '{\"is_slippery\": false}'.", valueName: "json"))
    var kwargs: String?

    @Option(help: ArgumentHelp("How many environments to act in at once.", valueName: "count"))
    var numEnvs: Int?

    @Option(help: ArgumentHelp("What to learn from, by id or name.", valueName: "id|name,…"))
    var demonstrations: String?

    @Option(
        help: ArgumentHelp(
            """
            Who says what to do: a scripted expert's id, 'scripted' for the best one, an agent's id, or 'client' for \
            whoever answers over HTTP.
            """, valueName: "id"))
    var expert: String?

    @Option(
        help: ArgumentHelp(
            """
            The parts of the training one after the other, such as '[{"phase": "imitate", "updates": 5000}, {"phase": \
            "reinforce", "method": "ppo"}]'.
            """, valueName: "json"))
    var phases: String?

    @Option(help: ArgumentHelp("Stop when the mean return of two evaluations reaches this.", valueName: "return"))
    var targetReturn: Double?

    @Option(help: ArgumentHelp("Stop after so many transitions.", valueName: "count"))
    var steps: Int?

    @Option(help: ArgumentHelp("Stop after so many episodes.", valueName: "count"))
    var episodes: Int?

    @Option(help: ArgumentHelp("Stop after so many updates of the network.", valueName: "count"))
    var updates: Int?

    @Option(help: ArgumentHelp("Stop after that time.", valueName: "seconds"))
    var seconds: Double?

    @Option(help: ArgumentHelp("The new agent's name.", valueName: "text"))
    var name: String?

    @Option(help: ArgumentHelp("The new agent's seed.", valueName: "number"))
    var seed: Int?

    @Option(help: ArgumentHelp("The new agent's hyperparameters, such as '{\"n_step\": 1}'.", valueName: "json"))
    var hyperparameters: String?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        if agent == nil, env == nil { throw ValidationError("say which agent to train, or --env to make one") }
        guard agent == nil || (name == nil && seed == nil && hyperparameters == nil) else {
            throw ValidationError(
                "--name, --seed and --hyperparameters are for a new agent; \(agent ?? "") has its own")
        }
    }

    func run() throws {
        try options.run { client throws(ClientError) in
            let progress = JobProgress(on: options.json ? .errors : .output)
            let training = try training(client)
            let id: String
            if let agent { id = agent } else { id = try create(client, progress) }
            let job = try start(client, agent: id, training)
            let follower = JobFollower(client, job: job, of: id, progress: progress)
            let finished = try follower.follow()
            if options.json { options.show(finished) { "" } }
            guard finished.value["state"]?.string == "succeeded" else {
                throw .jobEnded(finished.value.text("state"))
            }
        }
    }

    /// The ids of what was named.
    private func shown(_ client: Client) throws(ClientError) -> [String]? {
        guard let demonstrations else { return nil }
        var ids: [String] = []
        for part in demonstrations.split(separator: ",") {
            ids.append(try client.demonstrations(String(part), from: "--demonstrations"))
        }
        return ids
    }

    private func create(_ client: Client, _ progress: JobProgress) throws(ClientError) -> String {
        var body = RequestBody()
        body.set("env_id", env)
        try body.set("kwargs", json: kwargs, from: "--kwargs")
        body.set("name", name)
        body.set("seed", seed)
        try body.set("hyperparameters", json: hyperparameters, from: "--hyperparameters")
        let agent = try client.send("POST", "/v1/agents/", body: body.finish()).value
        progress.say("agent \(agent.text("agent_id")) for \(agent.text("env_id"))")
        return agent.text("agent_id")
    }

    /// What the job is to do.
    private func training(_ client: Client) throws(ClientError) -> [UInt8] {
        var body = RequestBody()
        if agent != nil {
            body.set("env_id", env)
            try body.set("kwargs", json: kwargs, from: "--kwargs")
        }
        body.set("demonstrations", try shown(client))
        body.set("expert", expert)
        try body.set("phases", json: phases, from: "--phases")
        body.set("num_envs", numEnvs)
        body.set("target_return", targetReturn)
        body.set("steps", steps)
        body.set("episodes", episodes)
        body.set("updates", updates)
        body.set("seconds", seconds)
        return body.finish()
    }

    /// Starts the job; an agent that was made for it does not outlive a refusal.
    private func start(_ client: Client, agent id: String, _ training: [UInt8]) throws(ClientError) -> String {
        let path = "/v1/agents/\(Client.escaped(id))"
        do {
            return try client.send("POST", path + "/train/", body: training).value.text("job_id")
        } catch {
            if agent == nil { _ = try client.send("DELETE", path) }
            throw error
        }
    }
}
