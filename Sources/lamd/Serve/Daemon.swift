import API
import Environments
import Foundation
import Gym
import HTTP
import Hosting
import Logging
import Store
import Synchronization

/// The process while it serves: started in order, stopped in reverse.
struct Daemon {
    private let server: HTTPServer
    private let workers: WorkerPool
    private let hall: Hall
    private let store: StateFolder
    private let logger: Logger

    init(listeners: [ListenAddress], state: URL, settings: Serve, logger: Logger) throws {
        // Before any thread starts, so that none of them is interrupted and one thread can wait for all.
        Signals.block()
        self.logger = logger
        store = try StateFolder(state)
        hall = Hall(catalogue: .worlds, maximumSessions: settings.maxSessions) { Signals.requestStop() }
        workers = WorkerPool(threads: settings.workers, queueLimit: 1024)
        var configuration = HTTPConfiguration(listeners: listeners)
        configuration.threads = settings.threads
        let api = API(hall: hall, workers: workers)
        server = HTTPServer(
            configuration, router: api.router, logger: logger, onFault: API.render,
            afterReply: { [logger] exchange, served in
                api.record(exchange, served)
                logger.debug(
                    "\(exchange.method.name) \(exchange.rawPath)",
                    metadata: [
                        "request": "\(exchange.requestID)", "status": "\(served.status)", "bytes": "\(served.bytes)",
                        "us": "\(served.nanoseconds / 1000)",
                    ])
            })
        try server.start()
    }

    /// Serves until a signal, then stops gracefully.
    func run() {
        for address in server.addresses { logger.info("listening on \(address.url)") }
        Systemd.notify("READY=1\nSTATUS=serving")
        let housekeeping = Thread { keepHouse() }
        housekeeping.start()
        Signals.waitForStop()
        stop()
    }

    private func keepHouse() {
        let interval = min(Systemd.watchdogInterval ?? 1_000_000, 1_000_000)
        while true {
            usleep(UInt32(interval))
            Systemd.notify("WATCHDOG=1")
            let expired = hall.sessions.expire()
            if expired > 0 { logger.info("closed instances whose lease ran out", metadata: ["count": "\(expired)"]) }
        }
    }

    private func stop() {
        logger.info("stopping")
        Systemd.notify("STOPPING=1\nSTATUS=stopping")
        hall.drain()
        server.stop(within: .seconds(10))
        workers.stop()
        logger.info("stopped")
    }
}
