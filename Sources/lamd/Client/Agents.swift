import ArgumentParser
import Foundation
import JSON

struct Agents: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the agents of a running daemon, describe one, say what its actions are and what it may do.",
        subcommands: [ShowAgents.self, KillAgent.self, ReviveAgent.self, GuardAgent.self, ShowCard.self],
        defaultSubcommand: ShowAgents.self)
}

struct ShowAgents: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List the agents, describe one, or say what its actions are.")

    @Argument(help: "An agent's id.")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "A safetensors file whose 'action_features' are a row of numbers for each of the agent's actions.",
            valueName: "file"))
    var actionFeatures: String?

    @Option(
        help: ArgumentHelp(
            "Have the best of very many actions found by an index, where it finds this share of the ten best; 0: exactly "
                + "again.", valueName: "recall"))
    var actionIndex: Double?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard (actionFeatures == nil && actionIndex == nil) || id != nil else {
            throw ValidationError("say whose --action-features or --action-index it is")
        }
        guard actionFeatures == nil || actionIndex == nil else {
            throw ValidationError("--action-features and --action-index go one after the other")
        }
    }

    func run() throws {
        try options.run { client throws(ClientError) in
            if let id, let actionFeatures {
                let answer = try client.send(
                    "PUT", "/v1/agents/\(Client.escaped(id))/action_features", body: try Self.bytes(of: actionFeatures),
                    type: "application/vnd.safetensors")
                options.show(answer) { Details(answer.value).text }
            } else if let id, let actionIndex {
                var body = RequestBody()
                body.set("recall", actionIndex)
                let answer =
                    actionIndex == 0
                    ? try client.send("DELETE", "/v1/agents/\(Client.escaped(id))/action_index")
                    : try client.send("PUT", "/v1/agents/\(Client.escaped(id))/action_index", body: body.finish())
                options.show(answer) { Details(answer.value).text }
            } else if let id {
                let answer = try client.send("GET", "/v1/agents/\(Client.escaped(id))")
                options.show(answer) { Details(answer.value).text }
            } else {
                try options.showAll("/v1/agents/", of: client, as: Self.table)
            }
        }
    }

    private static func bytes(of path: String) throws(ClientError) -> [UInt8] {
        do { return [UInt8](try Data(contentsOf: URL(filePath: path))) } catch {
            throw .malformedArgument(name: "--action-features", reason: "\(path) cannot be read")
        }
    }

    private static func table(_ agents: [JSONValue]) -> Table {
        var table = Table([
            .init(title: "AGENT"), .init(title: "NAME"), .init(title: "ENVIRONMENT"),
            .init(title: "VERSION", isNumber: true), .init(title: "STEPS", isNumber: true),
            .init(title: "UPDATES", isNumber: true), .init(title: "RETURN", isNumber: true), .init(title: "JOB"),
        ])
        for agent in agents {
            table.add([
                agent.text("agent_id"), agent.text("name"), agent.text("env_id"), agent.text("policy_version"),
                agent.text("steps"), agent.text("updates"), agent["last_evaluation"]?.text("mean_return") ?? "-",
                agent.text("job_id"),
            ])
        }
        return table
    }
}
