import ArgumentParser
import JSON

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play whole episodes with an agent's policy and report the returns.")

    @Argument(help: "The agent's id.")
    var agent: String

    @Option(help: ArgumentHelp("How many (100).", valueName: "count"))
    var numEpisodes: Int?

    @Option(help: ArgumentHelp("Of the first episode; the others count up from it.", valueName: "number"))
    var seed: Int?

    @Option(help: ArgumentHelp("Another environment than the agent's, with the same spaces.", valueName: "id"))
    var env: String?

    @Option(help: ArgumentHelp("The environment's own parameters.", valueName: "json"))
    var kwargs: String?

    @Option(
        help: ArgumentHelp(
            "Who to compare with: a scripted expert's id, or an agent's (the best scripted one).", valueName: "id"))
    var expert: String?

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            var body = RequestBody()
            body.set("num_episodes", numEpisodes)
            body.set("seed", seed)
            body.set("env_id", env)
            try body.set("kwargs", json: kwargs, from: "--kwargs")
            body.set("expert", expert)
            let path = "/v1/agents/\(Client.escaped(agent))/evaluate/"
            let answer = try client.send("POST", path, body: body.finish())
            options.show(answer) { Self.summary(answer.value) }
        }
    }

    private static func summary(_ evaluation: JSONValue) -> String {
        let lines = """
            mean return \(evaluation.text("mean_return")) ± \(evaluation.text("std_return")), from \
            \(evaluation.text("min_return")) to \(evaluation.text("max_return")), over \
            \(evaluation.text("num_episodes")) episodes of \(evaluation.text("env_id")) with a mean length of \
            \(evaluation.text("mean_length"))
            policy version \(evaluation.text("policy_version")); the random policy's mean return is \
            \(evaluation.text("random_return"))
            """
        guard let expert = evaluation["expert"]?.string else { return lines }
        return lines + """
            , that of \(expert) \(evaluation.text("expert_return")); scaled between them: \(evaluation.text("scaled"))
            """
    }
}
