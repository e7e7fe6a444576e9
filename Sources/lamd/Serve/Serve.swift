import ArgumentParser
import Foundation
import HTTP
import Logging

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve environments and agents until told to stop.",
        discussion: """
            SIGTERM and SIGINT stop it gracefully: requests in flight are answered, running jobs write a checkpoint and \
            go on at the next start. A second one ends it at once. SIGHUP has it read the configuration file again.

            Each setting below may be said in three places; the first that says it counts:
              the flag                      --max-sessions 500
              the environment               LAMD_MAX_SESSIONS=500
              the configuration file        max_sessions: 500
            """)

    @Option(
        help: ArgumentHelp(
            "The configuration file, YAML; by default $LAMD_CONFIG, else none. --print-config shows its form.",
            valueName: "file"))
    var config: String?

    @Flag(help: "Print the settings as they are, as a configuration file that says where each comes from, and end.")
    var printConfig = false

    @Flag(help: "Check the settings and end: exit status 0, or 78 and a line that says what is wrong.")
    var check = false

    @Flag(help: "Print curl commands to try, as is done on a terminal.")
    var hints = false

    @OptionGroup(title: "SETTINGS")
    var flags: SettingFlags

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let systemd = Systemd(environment: environment)
        var sink = LineSink(journal: environment["JOURNAL_STREAM"])
        do {
            let path = config ?? environment["LAMD_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
            let source = SettingsSource(
                flags: flags, path: path, environment: environment, sockets: systemd.sockets)
            let settings = try source.read()
            sink.format = settings.logFormat
            for warning in settings.warnings { sink.write(warning, level: .warning) }
            if check { try settings.certificate?.check() }
            if printConfig { print(settings.report) }
            if check, let warning = settings.openWarning { sink.write(warning, level: .warning) }
            if check, !printConfig { print("the settings are valid") }
            if check || printConfig { return }
            let threshold = LogThreshold(settings.logLevel)
            let logger = Logger(label: "lamd") { [sink] _ in LineLog(threshold: threshold, sink: sink) }
            let daemon = try Daemon(settings, from: source, systemd: systemd, logger: logger, threshold: threshold)
            if daemon.run(hints: hints || isatty(STDOUT_FILENO) == 1) {
                try Rebirth.begin(keeping: systemd.sockets)
            }
        } catch {
            let fault = StartFault(error)
            sink.write("lamd cannot start: \(fault.reason)", level: .critical)
            throw ExitCode(fault.status)
        }
    }
}
