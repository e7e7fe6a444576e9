import ArgumentParser
import Foundation

/// What all commands that talk to a daemon have in common. A token comes from $LAMD_TOKEN alone: others see what is on a
/// command line.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon: http://HOST:PORT or unix:PATH. By default $LAMD_URL, else \(Client.standard).",
            valueName: "address"))
    var url: String?

    @Flag(help: "Print the daemon's reply as it is.")
    var json = false

    /// Does it with a client; what goes wrong becomes a line on stderr and exit status 1.
    func run(_ body: (Client) throws(ClientError) -> Void) throws(ExitCode) {
        do throws(ClientError) {
            try body(Client(url ?? Self.said("LAMD_URL") ?? Client.standard, token: Self.said("LAMD_TOKEN")))
        } catch {
            Terminal.errors.write("lamd: \(error)\n")
            throw ExitCode.failure
        }
    }

    private static func said(_ variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Parameter text: what a person reads, unless `--json` was said.
    func show(_ answer: Answer, as text: () -> String) {
        if json {
            Terminal.output.write(answer.bytes + [UInt8(ascii: "\n")])
        } else {
            Terminal.output.write(text() + "\n")
        }
    }
}
