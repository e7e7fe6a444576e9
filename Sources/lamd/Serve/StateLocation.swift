/// Where the state folder is when nobody says.
enum StateLocation {
    static func standard(_ environment: [String: String]) -> String {
        // systemd may name several folders; the first is ours.
        if let folder = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(folder) }
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return base + "/lamd" }
        return (environment["HOME"] ?? "") + "/.local/state/lamd"
    }
}
