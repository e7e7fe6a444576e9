import ArgumentParser
import Foundation
import Store

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put what 'lamd backup' fetched into a state folder, for a daemon to start with.",
        discussion: """
            The backup is checked first, and the folder changes in one step or not at all. A folder that a running daemon \
            uses is refused: stop the daemon before.
            """)

    @Argument(help: ArgumentHelp("What 'lamd backup' wrote.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The state folder; by default as for 'lamd serve'.", valueName: "folder"))
    var state: String?

    @Flag(help: "Where the folder is not empty, keep what is there beside it, under another name.")
    var force = false

    func run() throws {
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
}
