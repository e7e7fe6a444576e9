import ArgumentParser
import JSON

struct Envs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the environments that a running daemon has, or describe one.")

    @Argument(help: "An environment, such as CartPole-v1 or gymnasium/LunarLander-v3.")
    var id: String?

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            if let id {
                let path = id.split(separator: "/").map { Client.escaped(String($0)) }.joined(separator: "/")
                let answer = try client.send("GET", "/v1/environments/\(path)")
                options.show(answer) { Details(answer.value).text }
            } else {
                try options.showAll("/v1/environments", of: client, as: Self.table)
            }
        }
    }

    private static func table(_ environments: [JSONValue]) -> Table {
        var table = Table([
            .init(title: "ENVIRONMENT"), .init(title: "OBSERVATION"), .init(title: "ACTION"),
            .init(title: "STEPS", isNumber: true), .init(title: "TARGET", isNumber: true), .init(title: "DESCRIPTION"),
        ])
        for environment in environments {
            table.add([
                environment.text("env_id"), environment.text("observation_space"), environment.text("action_space"),
                environment.text("max_episode_steps"), environment.text("reward_threshold"),
                environment.text("description"),
            ])
        }
        return table
    }
}
