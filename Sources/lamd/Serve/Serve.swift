import API
import ArgumentParser
import Environments
import Foundation
import HTTP
import Hosting
import Logging
import Store

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve environments and agents until told to stop.",
        discussion: """
            Listens on loopback by default. SIGTERM and SIGINT stop it gracefully: requests in flight are answered, running
            jobs write a checkpoint and go on at the next start.
            """)

    @Option(
        help: ArgumentHelp(
            "Where to listen: HOST:PORT (port 0 takes a free one) or unix:PATH. Repeatable. Sockets handed over by systemd are used as well.",
            valueName: "address"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "The state folder. By default $STATE_DIRECTORY, else $XDG_STATE_HOME/lamd, else ~/.local/state/lamd.",
            valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("Network threads for each listener.", valueName: "count"))
    var threads = 2

    @Option(help: ArgumentHelp("Threads for what takes longer than a step.", valueName: "count"))
    var workers = 4

    @Option(help: ArgumentHelp("Open instances of environments at most.", valueName: "count"))
    var maxSessions = 10_000

    @Option(help: "What to log: trace, debug (with every request), info, notice, warning, error or critical.")
    var logLevel = "info"

    @Flag(help: "Listen on an address that is not loopback although there is no authentication.")
    var insecure = false

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("there is no log level \(logLevel)")
        }
        guard threads > 0, workers > 0, maxSessions > 0 else { throw ValidationError("counts must be positive") }
    }

    func run() throws {
        let logger = Logger(label: "lamd") { _ in LineLog(level: Logger.Level(rawValue: logLevel) ?? .info) }
        let daemon = try Daemon(
            listeners: try Listeners(listen, insecure: insecure).addresses,
            state: StateLocation.resolve(state, environment: ProcessInfo.processInfo.environment), settings: self,
            logger: logger)
        daemon.run()
    }
}
