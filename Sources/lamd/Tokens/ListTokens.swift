import ArgumentParser
import Hosting
import JSON

struct ListTokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, those that count no more too.")

    @OptionGroup var folder: TokenFolder
    @OptionGroup var options: ClientOptions

    func run() throws {
        let isDone = try folder.run { tokens in
            let clock = WallClock()
            func time(_ time: Double?) -> String { time.map { clock.timestamp($0) } ?? "-" }
            let rows = tokens.all(of: nil).map { token in
                [
                    token.id.description, token.name, token.tenant.name,
                    token.scopes.words.map(\.rawValue).joined(separator: " "), time(token.expiresAt),
                    time(token.revokedAt), time(token.lastUsedAt),
                ]
            }
            Terminal.output.write(Self.table(rows).text(cutAt: Terminal.output.width) + "\n")
        }
        if isDone { return }
        try options.run { client throws(ClientError) in
            try options.showAll("/v1/tokens/", of: client) { Self.table($0.map(Self.row)) }
        }
    }

    private static func row(_ token: JSONValue) -> [String] {
        [
            token.text("token_id"), token.text("name"), token.text("tenant"),
            (token["scopes"]?.elements.map(Array.init) ?? []).compactMap(\.string).joined(separator: " "),
            token.text("expires_at"), token.text("revoked_at"), token.text("last_used_at"),
        ]
    }

    private static func table(_ rows: [[String]]) -> Table {
        var table = Table([
            .init(title: "TOKEN"), .init(title: "NAME"), .init(title: "TENANT"), .init(title: "SCOPES"),
            .init(title: "EXPIRES"), .init(title: "REVOKED"), .init(title: "LAST USED"),
        ])
        for row in rows { table.add(row) }
        return table
    }
}
