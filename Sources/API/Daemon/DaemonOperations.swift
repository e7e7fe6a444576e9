import Gym
import HTTP
import Hosting

/// Health, metrics, the contract, and the old server's way to stop.
enum DaemonOperations {
    static func livez(_ call: Call) throws(Problem) -> Reply { .json(["status": "ok"]) }

    static func readyz(_ call: Call) throws(Problem) -> Reply {
        do { try call.hall.checkReady() } catch {
            // For want of room or whatever: it is not ready.
            throw Problem(.unavailable, Problem(error).detail, retryAfter: 5)
        }
        return .json(["status": "ok"])
    }

    static func metrics(_ call: Call) throws(Problem) -> Reply {
        let gauges = call.hall.gauges + ServerGauges.all(call.exchange.serverLoad) + ProcessGauges.all
        return Reply(
            contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(call.meter.exposition(gauges).utf8))
    }

    static func openapi(_ call: Call) throws(Problem) -> Reply {
        Reply(contentType: Call.json, body: Contract.json)
    }

    static func shutdown(_ call: Call) throws(Problem) -> Reply {
        try call.checkMayEnd("shut down")
        call.hall.requestShutdown()
        return call.oldDone
    }
}

extension Call {
    /// Where the daemon asks for no tokens, only this machine may end what all clients do.
    func checkMayEnd(_ what: String) throws(Problem) {
        guard caller.token != nil || exchange.isLocal else {
            throw Problem(.forbidden, "without a token the daemon is \(what) only from the machine that it runs on")
        }
    }
}
