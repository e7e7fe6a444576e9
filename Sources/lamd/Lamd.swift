import ArgumentParser

@main
struct Lamd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lamd",
        abstract: "Environments to act in and an agent that learns, over HTTP.",
        version: "0.1.0",
        subcommands: [
            Serve.self, Envs.self, Demonstrations.self, Agents.self, Train.self, Evaluate.self,
            TokenCommand.self, AuditCommand.self,
            BackUp.self, Restore.self,
        ])
}
