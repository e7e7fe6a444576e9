import Foundation
import HTTP
import Hosting

/// A copy of the state folder as it is at one moment, while the daemon goes on.
enum BackupOperation {
    static func backup(_ call: Call) throws(Problem) -> Reply? {
        try call.allowQuery()
        let path: String
        do { path = try call.hall.backUp() } catch { throw Problem(error) }
        // What is being sent stays readable without its name.
        defer { try? FileManager.default.removeItem(atPath: path) }
        // It answers by itself: that it is given out is known before it is.
        _ = call.keep?(Reply(status: 200))
        let isSent = call.exchange.respond(
            contentType: "application/vnd.sqlite3",
            headers: [("Content-Disposition", "attachment; filename=\"lamd.backup\"")], fileAt: path)
        guard isSent else { throw Problem(.unavailable, "the backup cannot be read", retryAfter: 10) }
        return nil
    }
}
