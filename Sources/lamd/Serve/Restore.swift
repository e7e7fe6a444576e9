import ArgumentParser
import Foundation
import JSON
import Store

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring back what 'lamd backup' fetched: into a state folder, or into a running daemon.",
        discussion: """
            The backup is checked first, and everything changes in one step or not at all. What was there before is kept, and \
            this says where.

            With --url the daemon there finishes what is in flight and begins anew with the backup, at the same address. \
            Without, the backup goes into the state folder, for a daemon to start with; a folder that a running daemon uses is \
            refused.
            """)

    @Argument(help: ArgumentHelp("What 'lamd backup' wrote.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The state folder; by default as for 'lamd serve'.", valueName: "folder"))
    var state: String?

    @Flag(help: "Where the folder is not empty, keep what is there beside it, under another name.")
    var force = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard options.url == nil || (state == nil && !force) else {
            throw ValidationError("say either --url, for a running daemon, or --state and --force, for a folder")
        }
    }

    func run() throws {
        guard options.url == nil else { return try send() }
        let environment = ProcessInfo.processInfo.environment
        let said = state ?? environment["LAMD_STATE"].flatMap { $0.isEmpty ? nil : $0 }
        let folder = URL(filePath: said ?? StateLocation.standard(environment), directoryHint: .isDirectory)
        do throws(StoreError) {
            let backup = try Backup(URL(filePath: file))
            try backup.check()
            let old = try backup.restore(to: folder, force: force, at: Date().timeIntervalSince1970)
            Terminal.output.write("restored \(backup.fileCount) files into \(folder.path)\n")
            if let old { Terminal.output.write("what was there before is in \(old.path)\n") }
        } catch {
            Terminal.errors.write("lamd: \(error)\n")
            throw ExitCode.failure
        }
    }

    private func send() throws(ExitCode) {
        try options.run { client throws(ClientError) in
            guard let archive = try? Data(contentsOf: URL(filePath: file)) else {
                throw .malformedArgument(name: "<file>", reason: "\(file) cannot be read")
            }
            let answer = try client.send("PUT", "/v1/backup", body: [UInt8](archive), type: "application/vnd.sqlite3")
            try waitUntilReady(client)
            options.show(answer) {
                "restored \(answer.value["files"]?.int ?? 0) files; the daemon has begun anew, and what was there before is in "
                    + "the folder before-… of its state folder"
            }
        }
    }

    /// From its answer on the daemon says that it is not ready, until it has begun anew.
    private func waitUntilReady(_ client: Client) throws(ClientError) {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                _ = try client.send("GET", "/readyz")
                return
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}
