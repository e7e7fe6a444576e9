import Hosting

extension SettingReader {
    /// What each tenant may have; 0 is as much as it likes.
    mutating func quotas() throws(SettingsError) -> Quotas {
        func bound(_ number: Int) -> Int? { number == 0 ? nil : number }
        return Quotas(
            sessions: bound(try count("tenant_sessions", 0...10_000_000, default: 0)),
            stepsPerSecond: bound(try count("tenant_steps_per_second", 0...1_000_000_000, default: 0)),
            jobs: bound(try count("tenant_jobs", 0...1_000_000, default: 0)),
            bytes: bound(try size("tenant_bytes", default: "0", mayBeZero: true)))
    }
}
