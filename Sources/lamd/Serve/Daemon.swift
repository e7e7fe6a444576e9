import API
import Environments
import Foundation
import HTTP
import Hosting
import Logging
import Store

/// The process while it serves: started in order, stopped in reverse.
struct Daemon {
    private let settings: Settings
    private let systemd: Systemd
    private let logger: Logger
    private let store: StateFolder
    private let hall: Hall
    private let workers: WorkerPool
    private let api: API
    private let server: HTTPServer

    /// - Throws: `StoreError` or `HTTPServerError`; nothing listens then.
    init(_ settings: Settings, systemd: Systemd, logger: Logger) throws {
        // Before any thread starts, so that none of them is interrupted.
        Signals.hear()
        self.settings = settings
        self.systemd = systemd
        self.logger = logger
        systemd.notify("STATUS=opening \(settings.state.path)")
        store = try StateFolder(settings.state, reserve: settings.diskReserve)
        var limits = Hall.Limits()
        limits.sessions = settings.maxSessions
        limits.quotas = settings.quotas
        hall = try Hall(
            catalogue: .worlds, bridges: settings.workers.bridges(logger), store: store, limits: limits, logger: logger
        ) { Signals.requestStop() }
        try settings.checkListeners(areTokensRequired: hall.tokens.areRequired)
        workers = WorkerPool(threads: settings.workerThreads, queueLimit: 1024)
        api = API(hall: hall, workers: workers)
        server = HTTPServer(
            Self.configuration(settings), router: api.router, logger: logger, onRequest: api.admit, onFault: API.render,
            afterReply: { [logger, api] exchange, served in
                api.record(exchange, served)
                guard exchange.isTold || served.status >= 500 else { return }
                var metadata: Logger.Metadata = [
                    "request": "\(exchange.requestID)", "status": "\(served.status)", "bytes": "\(served.bytes)",
                    "us": "\(served.nanoseconds / 1000)",
                ]
                if let trace = exchange.traceID { metadata["trace"] = "\(trace)" }
                logger.log(
                    level: served.status >= 500 ? .warning : .debug, "\(exchange.method.name) \(exchange.rawPath)",
                    metadata: metadata)
            })
        try server.start()
    }

    /// Serves until a signal, then stops gracefully; a second signal ends the process at once.
    func run(hints: Bool) {
        let urls = server.addresses.map { $0.url(isSecure: settings.certificate != nil) }
        for url in urls { logger.info("listening on \(url)") }
        let housekeeper = Housekeeper(server: server, hall: hall, systemd: systemd, logger: logger)
        housekeeper.start()
        hall.discoverEnvironments()
        hall.verify()
        systemd.notify("READY=1\nSTATUS=serving at \(urls.joined(separator: ", "))")
        if hints {
            print(Hints(url: urls[0]).text)
            fflush(nil)
        }
        Residency.releaseCode()
        waitForStop()
        housekeeper.stop()
        stop()
    }

    private func waitForStop() {
        while Signals.next() == SIGHUP {
            logger.warning("settings are read only at the start; restart to change them")
        }
        let impatience = Thread {
            var signal = SIGHUP
            while signal == SIGHUP { signal = Signals.next() }
            Signals.die(of: signal)
        }
        impatience.start()
    }

    /// The store goes last, when nobody is left to write to it.
    private func stop() {
        logger.info("stopping")
        systemd.notify("STOPPING=1\nSTATUS=finishing what is in flight")
        hall.drain()
        let isDrained = server.stop(within: .seconds(settings.drainSeconds))
        if !isDrained { logger.warning("requests in flight took too long and were answered 503") }
        workers.stop()
        hall.stop()
        api.stop()
        logger.info("stopped")
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
