import ArgumentParser
import Foundation

/// What all commands that talk to a daemon have in common.
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
            let environment = ProcessInfo.processInfo.environment["LAMD_URL"].flatMap { $0.isEmpty ? nil : $0 }
            try body(Client(url ?? environment ?? Client.standard))
        } catch {
            Terminal.errors.write("lamd: \(error)\n")
            throw ExitCode.failure
        }
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
