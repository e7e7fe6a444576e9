import API
import ArgumentParser
import Environments
import Foundation
import HTTP
import Hosting
import Logging
import Store
import Synchronization

/// The process while it serves: started in order, stopped in reverse.
struct Daemon {
    private let settings: Settings
    private let source: SettingsSource
    private let threshold: LogThreshold
    private let systemd: Systemd
    private let logger: Logger
    private let store: StateFolder
    private let hall: Hall
    private let workers: WorkerPool
    private let api: API
    private let server: HTTPServer
    /// Whether a signal has told the process to end.
    private static let isOver = Atomic(false)

    /// - Throws: `StoreError` or `HTTPServerError`; nothing listens then.
    init(
        _ settings: Settings, from source: SettingsSource, systemd: Systemd, logger: Logger, threshold: LogThreshold
    ) throws {
        // Before any thread starts, so that none of them is interrupted.
        Signals.hear()
        Residency.returnLargeBlocks()
        self.settings = settings
        self.source = source
        self.threshold = threshold
        self.systemd = systemd
        self.logger = logger
        systemd.notify("STATUS=opening \(settings.state.path)")
        store = try StateFolder(settings.state, reserve: settings.diskReserve)
        hall = try Hall(
            catalogue: .worlds, bridges: settings.workers.bridges(logger), store: store,
            limits: Self.limits(settings), logger: logger,
            onShutdown: { Signals.requestStop() }, onRestart: { Signals.requestRestart() })
        try settings.checkListeners(areTokensRequired: hall.tokens.areRequired)
        workers = WorkerPool(threads: settings.workerThreads, queueLimit: 1024)
        api = API(hall: hall, workers: workers, version: Lamd.configuration.version)
        server = HTTPServer(
            Self.configuration(settings), router: api.router, logger: logger, onRequest: api.admit, onFault: API.render,
            afterReply: { [logger, api] exchange, served in
                api.record(exchange, served)
                guard exchange.isTold || served.status >= 500 else { return }
                var fields: Logger.Metadata = [
                    "request": "\(exchange.requestID)", "status": .stringConvertible(served.status),
                    "bytes": .stringConvertible(served.bytes),
                    "us": .stringConvertible(Int(clamping: served.nanoseconds / 1000)),
                ]
                if let operation = exchange.route?.name { fields["operation"] = "\(operation)" }
                if let trace = exchange.traceID { fields["trace"] = "\(trace)" }
                logger.log(
                    level: served.status >= 500 ? .warning : .debug, "\(exchange.method.name) \(exchange.rawPath)",
                    metadata: fields)
            })
        try server.start()
    }

    /// Serves until a signal, then stops gracefully; a second signal ends the process at once.
    /// - Returns: whether it is to begin anew.
    func run(hints: Bool) -> Bool {
        if let folder = store.asideFolder {
            logger.notice("a backup was brought back", metadata: ["what was there before": "\(folder)"])
        }
        let urls = server.addresses.map { $0.url(isSecure: settings.certificate != nil) }
        for url in urls { logger.info("listening on \(url)") }
        let housekeeper = Housekeeper(server: server, hall: hall, systemd: systemd, logger: logger)
        housekeeper.start()
        hall.discoverEnvironments()
        hall.verify()
        let serving = "serving at \(urls.joined(separator: ", "))"
        systemd.notify("READY=1\nSTATUS=\(serving)")
        if hints {
            print(Hints(url: urls[0]).text)
            fflush(nil)
        }
        Residency.releaseCode()
        let drainSeconds = waitForEnd(serving)
        housekeeper.stop()
        stop(within: .seconds(drainSeconds))
        return !Self.isOver.load(ordering: .acquiring)
    }

    /// Serves, and reads the settings again when told to.
    /// - Returns: how many seconds requests in flight have at the end.
    private func waitForEnd(_ serving: String) -> Int {
        var drainSeconds = settings.drainSeconds
        // A setting that may change while the daemon serves is a name here, and where it is new, a line that takes it over.
        // A certificate that cannot be used leaves everything as it was: it comes first.
        let steps = [
            Reload.Step(names: []) { _ in try server.reloadCertificate() },
            Reload.Step(
                names: [
                    "log_level", "max_connections", "body_limit", "bulk_body_limit", "allowed_hosts", "cors_origin",
                ]
            ) {
                threshold.level = $0.logLevel
                server.adopt(Self.configuration($0))  // which looks whether requests are logged now
            },
            Reload.Step(names: ["max_sessions"]) { hall.adopt(Self.limits($0)) },
            Reload.Step(names: ["drain_seconds"]) { drainSeconds = $0.drainSeconds },
        ]
        var reload = Reload(source, from: settings, steps: steps, logger: logger)
        var signal = Signals.next()
        while signal == SIGHUP {
            systemd.notifyReloading("reading the settings")
            let refusal = reload.run().map { "; the settings stay as they were: \($0.replacing("\n", with: " "))" }
            systemd.notify("READY=1\nSTATUS=\(serving)\(refusal ?? "")")
            signal = Signals.next()
        }
        Self.end(by: signal)
        let impatience = Thread {
            while true { Self.end(by: Signals.next()) }
        }
        impatience.start()
        return drainSeconds
    }

    private static func end(by signal: Int32) {
        guard signal != SIGHUP, signal != Signals.restart else { return }
        if isOver.exchange(true, ordering: .acquiringAndReleasing) { Signals.die(of: signal) }
    }

    /// The store goes last, when nobody is left to write to it.
    private func stop(within time: Duration) {
        if Self.isOver.load(ordering: .acquiring) {
            logger.info("stopping")
            systemd.notify("STOPPING=1\nSTATUS=finishing what is in flight")
        } else {
            logger.notice("stopping, to begin anew")
            systemd.notifyReloading("finishing what is in flight, to begin anew")
        }
        hall.drain()
        let isDrained = server.stop(within: time)
        if !isDrained { logger.warning("requests in flight took too long and were answered 503") }
        workers.stop()
        hall.stop()
        api.stop()
        logger.info("stopped")
    }

    private static func limits(_ settings: Settings) -> Hall.Limits {
        var limits = Hall.Limits()
        limits.sessions = settings.maxSessions
        limits.agentMemory = settings.agentMemory
        limits.quotas = settings.quotas
        limits.audit = settings.audit
        return limits
    }

    private static func configuration(_ settings: Settings) -> HTTPConfiguration {
        var configuration = HTTPConfiguration(listeners: settings.listeners)
        configuration.threads = settings.threads
        configuration.connectionLimit = settings.maxConnections
        configuration.bodyLimit = settings.bodyLimit
        configuration.bulkBodyLimit = settings.bulkBodyLimit
        configuration.certificate = settings.certificate
        configuration.allowedHosts = settings.allowedHosts
        configuration.allowedOrigins = settings.allowedOrigins
        // A client that follows a job from its beginning is sent its whole past at once.
        configuration.streamBuffer = 4 << 20
        return configuration
    }
}
