import ArgumentParser
import Foundation
import Hosting
import Logging
import Store

/// The tokens of a daemon that does not run, reached through its state folder.
struct TokenFolder: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The state folder of a daemon that does not run; without it a running one is asked.", valueName: "folder"))
    var state: String?

    /// Does it where a folder was named; what goes wrong becomes a line on stderr and exit status 1.
    /// - Parameter change: what the audit log says of it; nil for what changes nothing.
    /// - Returns: whether one was.
    func run(_ change: Audit.Change? = nil, _ body: (Tokens) throws -> Void) throws(ExitCode) -> Bool {
        guard let state else { return false }
        do {
            let store = try StateFolder(URL(filePath: state, directoryHint: .isDirectory))
            let tokens = try Tokens(store: store, clock: WallClock())
            guard let change else {
                try body(tokens)
                return true
            }
            let audit = try Audit(store, clock: WallClock(), logger: Logger(label: "lamd"))
            let sequence = try audit.begin(change)
            do { try body(tokens) } catch {
                audit.end(change, sequence, status: 400, location: nil)
                throw error
            }
            audit.end(change, sequence, status: 200, location: nil)
        } catch {
            Terminal.errors.write("lamd: \(Self.text(error))\n")
            throw ExitCode.failure
        }
        return true
    }

    private static func text(_ error: any Error) -> String {
        switch error {
        case HostingError.store(let error): "\(error)"
        case HostingError.invalid(_, let reason): reason
        case StoreError.locked: "a daemon uses this folder: leave --state out to ask it"
        default: "\(error)"
        }
    }
}

extension Audit.Change {
    /// What somebody changes who reaches the state folder itself.
    static func offline(_ operation: String, _ path: String) -> Audit.Change {
        Audit.Change(operation, tenant: .standard, caller: "command line, user \(getuid())", path: path)
    }
}
