/// Where settings are read, at the start and again on SIGHUP: only the file may have changed since.
struct SettingsSource {
    let flags: SettingFlags
    /// The configuration file; nil for none.
    let path: String?
    let environment: [String: String]
    let sockets: [InheritedSocket]

    func read() throws(SettingsError) -> Settings {
        var file: SettingsFile?
        if let path { file = try SettingsFile(path: path) }
        return try Settings(flags: flags, file: file, environment: environment, sockets: sockets)
    }
}
