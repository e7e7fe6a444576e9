import ArgumentParser
import Foundation
import JSON

/// What all commands that talk to a daemon have in common. A token comes from $LAMD_TOKEN alone: others see what is on a
/// command line.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon: http://HOST:PORT, https://HOST:PORT or unix:PATH. By default $LAMD_URL, else \(Client.standard).",
            valueName: "address"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "Certificates, PEM, to know the daemon by at https. By default $LAMD_CACERT, else the system's authorities.",
            valueName: "file"))
    var cacert: String?

    @Flag(help: "Print the daemon's reply as it is.")
    var json = false

    /// Does it with a client; what goes wrong becomes a line on stderr and exit status 1.
    func run(_ body: (Client) throws(ClientError) -> Void) throws(ExitCode) {
        do throws(ClientError) {
            let address = url ?? Self.variable("LAMD_URL") ?? Client.standard
            try body(
                Client(address, token: Self.variable("LAMD_TOKEN"), authorities: cacert ?? Self.variable("LAMD_CACERT"))
            )
        } catch {
            Terminal.errors.write("lamd: \(error)\n")
            throw ExitCode.failure
        }
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Parameter text: what a person reads, unless `--json` was said.
    func show(_ answer: Answer, as text: () -> String) {
        if json {
            Terminal.output.write(answer.bytes + [UInt8(ascii: "\n")])
        } else {
            Terminal.output.write(text() + "\n")
        }
    }

    /// Shows what is listed at a path; for `--json` the first page.
    func showAll(_ path: String, of client: Client, as table: ([JSONValue]) -> Table) throws(ClientError) {
        if json { return show(try client.send("GET", path + "?limit=1000")) { "" } }
        Terminal.output.write(table(try client.list(path)).text(cutAt: Terminal.output.width) + "\n")
    }
}
