import ArgumentParser
import JSON

struct Demonstrations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the demonstrations of a running daemon, judge or erase some, or have an expert give some.",
        discussion: "With --env an expert plays episodes that are kept; 'lamd train --demonstrations' learns from them."
    )

    @Argument(help: "The id or the name of demonstrations to describe.")
    var id: String?

    @Option(help: ArgumentHelp("Erase these for good.", valueName: "id|name"))
    var delete: String?

    @Option(help: ArgumentHelp("Where an expert plays.", valueName: "id"))
    var env: String?

    @Option(
        help: ArgumentHelp("The environment's own parameters, such as '{\"is_slippery\": false}'.", valueName: "json"))
    var kwargs: String?

    @Option(
        help: ArgumentHelp(
            "Who plays: a scripted expert's id, or an agent's (the best scripted one).", valueName: "id"))
    var expert: String?

    @Option(help: ArgumentHelp("How many (50).", valueName: "count"))
    var episodes: Int?

    @Option(help: ArgumentHelp("Of the first episode; the others count up from it.", valueName: "number"))
    var seed: Int?

    @Option(help: ArgumentHelp("The share of actions that are random instead (0).", valueName: "share"))
    var exploration: Double?

    @Option(help: ArgumentHelp("What they are called.", valueName: "text"))
    var name: String?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard [id, delete, env].compactMap(\.self).count <= 1 else {
            throw ValidationError("say which to describe, or --delete, or --env to make some")
        }
        let isMade =
            kwargs != nil || expert != nil || episodes != nil || seed != nil || exploration != nil || name != nil
        guard env != nil || !isMade else {
            throw ValidationError("--kwargs, --expert, --episodes, --seed, --exploration and --name go with --env")
        }
    }

    func run() throws {
        try options.run { client throws(ClientError) in
            if let env {
                let answer = try create(client, env)
                options.show(answer) { Self.summary(answer.value, answer.value["quality"]) }
            } else if let delete {
                let id = try client.demonstrations(delete, from: "--delete")
                options.show(try client.send("DELETE", Self.path(id))) { "erased demonstrations \(id)" }
            } else if let id {
                let path = Self.path(try client.demonstrations(id, from: "<id>"))
                let (answer, quality) = (try client.send("GET", path), try client.send("GET", path + "/quality"))
                options.show(answer) { Self.summary(answer.value, quality.value) }
            } else {
                try options.showAll("/v1/demonstrations/", of: client, as: Self.table)
            }
        }
    }

    private func create(_ client: Client, _ env: String) throws(ClientError) -> Answer {
        var body = RequestBody()
        body.set("env_id", env)
        try body.set("kwargs", json: kwargs, from: "--kwargs")
        body.set("expert", expert ?? "scripted")
        body.set("num_episodes", episodes)
        body.set("seed", seed)
        body.set("exploration", exploration)
        body.set("name", name)
        return try client.send("POST", "/v1/demonstrations/", body: body.finish())
    }

    private static func path(_ id: String) -> String { "/v1/demonstrations/\(Client.escaped(id))" }

    /// What a set is, and whatever stands out in it, a sentence a line.
    private static func summary(_ set: JSONValue, _ quality: JSONValue?) -> String {
        let returns = quality?["returns"]
        let world = set["env_id"]?.string.map { " of \($0)" } ?? ""
        let first = """
            demonstrations \(set.text("demonstration_id")), \(set.text("name"))\(world): \(set.text("num_episodes")) \
            episodes, \(set.text("num_steps")) steps, mean return \(returns?.text("mean") ?? "-") ± \
            \(returns?.text("std") ?? "-")
            """
        let findings = quality?["findings"]?.elements.map(Array.init) ?? []
        return ([first] + findings.map { "\($0.text("severity")): \($0.text("sentence"))" }).joined(separator: "\n")
    }

    private static func table(_ sets: [JSONValue]) -> Table {
        var table = Table([
            .init(title: "DEMONSTRATIONS"), .init(title: "NAME"), .init(title: "ENVIRONMENT"),
            .init(title: "EPISODES", isNumber: true), .init(title: "STEPS", isNumber: true), .init(title: "MADE"),
        ])
        for set in sets {
            table.add([
                set.text("demonstration_id"), set.text("name"), set.text("env_id"), set.text("num_episodes"),
                set.text("num_steps"), set.text("created_at"),
            ])
        }
        return table
    }
}

extension Client {
    /// The id of demonstrations that a person named by id or by name.
    /// - Parameter option: the name of the argument that names them.
    func demonstrations(_ text: String, from option: String) throws(ClientError) -> String {
        let sets = try list("/v1/demonstrations/")
        let found =
            sets.first { $0["demonstration_id"]?.string == text } ?? sets.first { $0["name"]?.string == text }
        guard let id = found?["demonstration_id"]?.string else {
            throw .malformedArgument(
                name: option, reason: "there are no demonstrations \(text); 'lamd demonstrations' lists them")
        }
        return id
    }
}
