import Foundation

/// Where the state folder is when nobody says.
enum StateLocation {
    static func resolve(_ given: String?, environment: [String: String]) -> URL {
        // systemd may name several folders; the first is ours.
        let systemd = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        if let path = given ?? systemd { return URL(filePath: path, directoryHint: .isDirectory) }
        let home = URL(filePath: environment["HOME"] ?? "/", directoryHint: .isDirectory)
        let base =
            environment["XDG_STATE_HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
            ?? home.appending(path: ".local/state")
        return base.appending(path: "lamd", directoryHint: .isDirectory)
    }
}
