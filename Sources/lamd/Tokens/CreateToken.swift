import ArgumentParser
import Hosting

struct CreateToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token and print it; nobody can find it out later.")

    @Argument(help: "Whose it is, or what it is for.")
    var name: String

    @Option(help: "What its holder may do: read, drive, train or admin; repeatable.")
    var scope: [Scope]

    @Option(help: "Whose things it sees: lowercase letters, digits and hyphens (default).")
    var tenant: Tenant?

    @Option(help: ArgumentHelp("When it expires, such as 12h or 90d; never unless said.", valueName: "time"))
    var expires: Lifetime?

    @OptionGroup var folder: TokenFolder
    @OptionGroup var options: ClientOptions

    func run() throws {
        let isDone = try folder.run(.offline("createToken", "/v1/tokens/")) { tokens in
            let made = try tokens.create(
                Tokens.Request(
                    name: name, tenant: tenant ?? .standard, scopes: Scopes(scope), timeToLive: expires?.seconds))
            Terminal.output.write(made.secret + "\n")
        }
        if isDone { return }
        var body = RequestBody()
        body.set("name", name)
        body.set("tenant", tenant?.name)
        body.set("scopes", scope.map(\.rawValue))
        body.set("ttl_s", expires?.seconds)
        let bytes = body.finish()
        try options.run { client throws(ClientError) in
            let answer = try client.send("POST", "/v1/tokens/", body: bytes)
            options.show(answer) { answer.value.text("token") }
        }
    }
}

/// How long a token lives: a number and s, m, h or d.
struct Lifetime: ExpressibleByArgument {
    let seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Double(argument.dropLast()), number > 0
        else { return nil }
        seconds = number * unit
    }
}

extension Scope: ExpressibleByArgument {}

extension Tenant: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
