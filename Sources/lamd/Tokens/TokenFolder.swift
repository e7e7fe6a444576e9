import ArgumentParser
import Foundation
import Hosting
import Store

/// The tokens of a daemon that does not run, reached through its state folder.
struct TokenFolder: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The state folder of a daemon that does not run; without it a running one is asked.", valueName: "folder"))
    var state: String?

    /// Does it where a folder was named; what goes wrong becomes a line on stderr and exit status 1.
    /// - Returns: whether one was.
    func run(_ body: (Tokens) throws -> Void) throws(ExitCode) -> Bool {
        guard let state else { return false }
        do {
            let folder = URL(filePath: state, directoryHint: .isDirectory)
            try body(Tokens(store: StateFolder(folder), clock: WallClock()))
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
