import ArgumentParser
import Foundation
import JSON

struct KillAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Turn an agent off: it acts no more, also after a restart, until it is revived.")

    @Argument(help: "The agent's id.")
    var id: String

    @Option(help: "Why, for whoever finds it off.")
    var reason: String?

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            var body = RequestBody()
            body.set("reason", reason)
            let answer = try client.send("POST", "/v1/agents/\(Client.escaped(id))/kill", body: body.finish())
            options.show(answer) { "agent \(id) is off" }
        }
    }
}

struct ReviveAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revive", abstract: "Have an agent that was turned off act again.")

    @Argument(help: "The agent's id.")
    var id: String

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            let answer = try client.send("POST", "/v1/agents/\(Client.escaped(id))/revive")
            options.show(answer) { "agent \(id) acts" }
        }
    }
}

struct GuardAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard", abstract: "Say what an agent may do, or show it.")

    @Argument(help: "The agent's id.")
    var id: String

    @Argument(help: "The guard as JSON, such as '{\"deny\":[2],\"fallback\":0}'; 'none' takes it away.")
    var limits: String?

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            let path = "/v1/agents/\(Client.escaped(id))/guard"
            let answer =
                switch limits {
                case nil: try client.send("GET", path)
                case "none": try client.send("DELETE", path)
                case let limits?: try client.send("PUT", path, body: Array(limits.utf8))
                }
            options.show(answer) { Details(answer.value).text }
        }
    }
}

struct ShowCard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card", abstract: "Show what is known of a version of an agent's policy, as Markdown.")

    @Argument(help: "The agent's id.")
    var id: String

    @Option(help: ArgumentHelp("The version; by default the one that is served.", valueName: "number"))
    var version: Int?

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            let path = "/v1/agents/\(Client.escaped(id))"
            var number = version.map(String.init)
            if number == nil { number = try client.send("GET", path).value.text("policy_version") }
            try client.fetch("\(path)/versions/\(number ?? "")/card") { FileHandle.standardOutput.write(Data($0)) }
        }
    }
}
