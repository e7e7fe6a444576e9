import Foundation
import Gym
import HTTP
import Hosting

/// A copy of the state folder as it is at one moment, while the daemon goes on; and the way back.
enum BackupOperation {
    private static let mediaType = "application/vnd.sqlite3"

    static func backup(_ call: Call) throws(Problem) -> Reply? {
        let path: String
        do { path = try call.hall.backUp() } catch { throw Problem(error) }
        // What is being sent stays readable without its name.
        defer { try? FileManager.default.removeItem(atPath: path) }
        // It answers by itself: that it is given out is known before it is.
        _ = call.keep?(Reply(status: 200))
        let isSent = call.exchange.respond(
            contentType: mediaType,
            headers: [("Content-Disposition", "attachment; filename=\"lamd.backup\"")], fileAt: path)
        guard isSent else { throw Problem(.unavailable, "the backup cannot be read", retryAfter: 10) }
        return nil
    }

    static func restore(_ call: Call) throws(Problem) -> Reply? {
        try call.checkMayEnd("brought back to a backup")
        guard call.exchange.bodyCount > 0 else {
            throw .invalid("expected a backup as the body: what GET of the same path gave", at: "")
        }
        guard ![.json, .ndjson, .safetensors].contains(call.exchange.mediaType) else {
            throw Problem(.unsupportedMediaType, "send the backup with Content-Type: \(mediaType)")
        }
        do {
            let count = try call.exchange.withBody { archive throws(HostingError) in try call.hall.restore(archive) }
            return .json(["files": .int(Int64(count))], status: 202)
        } catch {
            throw Problem(error)
        }
    }
}
