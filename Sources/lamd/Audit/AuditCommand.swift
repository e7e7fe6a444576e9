import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check the record of what was done and by whom.",
        discussion: """
            The record is the folder audit of the state folder, one JSON object a line, oldest first: read it with a pager. \
            GET /v1/audit reads it from afar.
            """,
        subcommands: [VerifyAudit.self])
}
