import ArgumentParser
import Foundation
import Store

struct BackUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Fetch a copy of everything that a running daemon keeps, and check it.",
        discussion: """
            The daemon goes on serving and training; the copy is of one moment. 'lamd restore' brings it back, and \
            'sqlite3 -A -t -f FILE' lists what is in it.
            """)

    @Option(help: ArgumentHelp("Where to put it.", valueName: "file"))
    var output: String

    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.run { client throws(ClientError) in
            let part = output + ".part"
            var isKept = false
            defer { if !isKept { try? FileManager.default.removeItem(atPath: part) } }
            let file = try SavedFile(part)
            try client.fetch("/v1/backup") { file.take($0) }
            try file.finish()
            let backup: Backup
            do throws(StoreError) {
                backup = try Backup(URL(filePath: part))
                try backup.check()
            } catch {
                throw .notUnderstood(address: client.address, reason: "\(error)")
            }
            try file.rename(to: output)
            isKept = true
            Terminal.output.write("backup of \(backup.fileCount) files, \(backup.byteCount) bytes, in \(output)\n")
        }
    }
}
