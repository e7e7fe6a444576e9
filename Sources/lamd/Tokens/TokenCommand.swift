import ArgumentParser

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Give out, list and revoke the tokens that a daemon asks for.",
        discussion: """
            As long as no token was ever made, a daemon serves whoever reaches it, and listens only where nobody else does. \
            From the first one on, which must have the scope admin, every request needs one:
              curl -H "Authorization: Bearer $LAMD_TOKEN" …
            Commands of lamd and the Python client take theirs from $LAMD_TOKEN.

            Scopes: read (look at everything), drive (make and drive instances, ask policies), train (make, train, change \
            and delete agents and demonstrations), admin (all of this, and tokens).
            """,
        subcommands: [CreateToken.self, ListTokens.self, RevokeToken.self])
}
