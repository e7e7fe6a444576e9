import Hosting

extension SettingReader {
    /// What the audit log has and how long, six months unless said; 0 is for ever, and as much as there is.
    mutating func audit() throws(SettingsError) -> Audit.Settings {
        var settings = Audit.Settings()
        settings.extent = try choice("audit", default: settings.extent)
        let days = try count("audit_days", 0...36_500, default: 184)
        let bytes = try size("audit_bytes", default: "4GiB", mayBeZero: true)
        settings.days = days == 0 ? nil : days
        settings.bytes = bytes == 0 ? nil : bytes
        return settings
    }
}
