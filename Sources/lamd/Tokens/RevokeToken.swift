import ArgumentParser
import Hosting

struct RevokeToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Have a token count no more.")

    @Argument(help: "The token's id: the eight digits after 'lamd_'.")
    var id: String

    @OptionGroup var folder: TokenFolder
    @OptionGroup var options: ClientOptions

    func run() throws {
        let isDone = try folder.run(.offline("revokeToken", "/v1/tokens/\(id)")) { tokens in
            guard let id = Identifier(id), let token = try tokens.revoke(id) else {
                throw HostingError.invalid(field: "id", reason: "there is no token \(id)")
            }
            Terminal.output.write("revoked \(token.id), \(token.name)\n")
        }
        if isDone { return }
        try options.run { client throws(ClientError) in
            let answer = try client.send("DELETE", "/v1/tokens/\(Client.escaped(id))")
            options.show(answer) { "revoked \(answer.value.text("token_id")), \(answer.value.text("name"))" }
        }
    }
}
