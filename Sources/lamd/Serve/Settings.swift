import Foundation
import HTTP
import Hosting
import Logging

/// Everything that can be set, as it was found. A new setting is a line here, one in `SettingFlags`, and its use.
struct Settings {
    let listeners: [ListenAddress]
    /// One of them that others can reach, unless `insecure` says that they may.
    let openListener: ListenAddress?
    let state: URL
    let threads: Int
    let workerThreads: Int
    let maxSessions: Int
    let agentMemory: Int
    let maxConnections: Int
    let bodyLimit: Int
    let bulkBodyLimit: Int
    let drainSeconds: Int
    /// Of each tenant.
    let quotas: Quotas
    let audit: Audit.Settings
    let allowedHosts: AllowedHosts
    let allowedOrigins: AllowedOrigins
    let certificate: CertificateFiles?
    let diskReserve: Int
    let workers: WorkerSettings
    let logLevel: Logger.Level
    let logFormat: LogFormat

    /// The texts that say it, by the settings' names.
    let texts: [String: [String]]
    /// YAML that says the same, with the place where each line comes from.
    let report: String
    /// What to warn of.
    let warnings: [String]

    /// - Parameter sockets: those that are listened at whatever the settings say.
    init(
        flags: SettingFlags, file: SettingsFile?, environment: [String: String], sockets: [InheritedSocket]
    ) throws(SettingsError) {
        var read = SettingReader(flags: flags.said, environment: environment, file: file)
        let listen = read.words("listen", default: sockets.isEmpty ? [Listeners.usual] : [])
        state = URL(
            filePath: try read.text("state", default: StateLocation.standard(environment)), directoryHint: .isDirectory)
        threads = try read.count("threads", 1...256, default: 2)
        workerThreads = try read.count("workers", 1...256, default: 4)
        maxSessions = try read.count("max_sessions", 1...10_000_000, default: 10_000)
        agentMemory = try read.size("agent_memory", default: "4GiB")
        maxConnections = try read.count("max_connections", 1...1_000_000, default: 4096)
        bodyLimit = try read.size("body_limit", default: "1MiB")
        bulkBodyLimit = try read.size("bulk_body_limit", default: "256MiB")
        drainSeconds = try read.count("drain_seconds", 0...3600, default: 10)
        quotas = try read.quotas()
        audit = try read.audit()
        allowedHosts = AllowedHosts(read.words("allowed_hosts", default: []))
        allowedOrigins = try read.origins("cors_origin")
        certificate = try read.certificate("tls_cert", "tls_key")
        diskReserve = try read.size("disk_reserve", default: "64MiB", mayBeZero: true)
        workers = try WorkerSettings(&read)
        logLevel = try read.choice("log_level", default: .info)
        logFormat = try read.choice("log_format", default: .auto)
        let insecure = try read.flag("insecure")
        try read.checkFile()
        let found = try Listeners(listen, inherited: sockets)
        (listeners, openListener) = (found.addresses, insecure ? nil : found.open)
        texts = Dictionary(read.readings.map { ($0.name, $0.texts) }) { $1 }
        report = read.readings.map(Self.line).joined(separator: "\n")
        warnings = read.unknownVariables(besides: ["LAMD_CONFIG", "LAMD_URL", "LAMD_TOKEN", "LAMD_CACERT"])
            .map { "there is no setting for the environment variable \($0); it is ignored" }
    }

    /// What a check, which does not look into the state folder, cannot find out.
    var openWarning: String? {
        openListener.map { "\($0.url) can be reached by others: to start, lamd needs a token in its state folder" }
    }

    /// - Throws: where others can reach the daemon, and nobody is asked for a token.
    func checkListeners(areTokensRequired: Bool) throws(SettingsError) {
        guard let openListener, !areTokensRequired else { return }
        throw .openToOthers(address: openListener.url)
    }

    private static func line(_ reading: SettingReader.Reading) -> String {
        let texts = reading.texts.map(quoted)
        let value = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
        return "\(reading.name): \(value)  # \(reading.place ?? "default")"
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.first?.isLetter == true || text.first?.isNumber == true || text.first == "/"
        let isWord = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:".contains($0)) }
        return isPlain && isWord ? text : "'" + text.replacing("'", with: "''") + "'"
    }
}
