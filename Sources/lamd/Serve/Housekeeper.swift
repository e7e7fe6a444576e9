import Foundation
import HTTP
import Hosting
import Logging
import Synchronization
import Workers

/// What is done every second beside serving: leases run out, and the service manager hears that all is well.
final class Housekeeper: Sendable {
    private let server: HTTPServer
    private let hall: Hall
    private let systemd: Systemd
    private let logger: Logger
    private let isStopped = Atomic(false)

    init(server: HTTPServer, hall: Hall, systemd: Systemd, logger: Logger) {
        self.server = server
        self.hall = hall
        self.systemd = systemd
        self.logger = logger
    }

    func start() {
        Background.run(named: "housekeeper") { [self] in run() }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func run() {
        let tick = min(systemd.watchdogInterval ?? .seconds(1), .seconds(1))
        var lastReport = ContinuousClock.now
        var nextKeeping = ContinuousClock.now + .seconds(60)
        while !isStopped.load(ordering: .relaxed) {
            Thread.sleep(forTimeInterval: tick / .seconds(1))
            expire()
            hall.tickWorkers()
            if nextKeeping < .now {
                nextKeeping = .now + .seconds(60)
                hall.keepHouse()
            }
            hall.keepWhatWaits()
            guard let interval = systemd.watchdogInterval, lastReport.duration(to: .now) >= interval - tick / 2 else {
                continue
            }
            lastReport = .now
            report(within: interval)
        }
    }

    private func expire() {
        let expired = hall.expireSessions()
        if expired > 0 { logger.info("closed instances whose lease ran out", metadata: ["count": "\(expired)"]) }
    }

    /// Only a daemon whose every network thread answers is well; the service manager ends it otherwise.
    private func report(within time: Duration) {
        if server.answers(at: "/livez", within: time) {
            systemd.notify("WATCHDOG=1")
        } else if !isStopped.load(ordering: .relaxed) {
            logger.error("a network thread does not answer; the watchdog is not told that all is well")
        }
    }
}
