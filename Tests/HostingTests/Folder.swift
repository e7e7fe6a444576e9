import Environments
import Foundation
import Gym
import Hosting
import Logging
import Store

/// Makes a folder of its own for a test, and removes it.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lamd-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Waits for threads of a hall that was stopped: the last of them lets go of the folder.
private func store(_ folder: URL) throws -> StateFolder {
    while true {
        do { return try StateFolder(folder) } catch {
            guard case .locked = error else { throw error }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}

func hall(
    _ folder: URL, catalogue: Catalogue = .worlds, limit: Int = 100
) throws -> Hall {
    var limits = Hall.Limits()
    limits.demonstrations = limit
    return try Hall(
        catalogue: catalogue, store: try store(folder), limits: limits, logger: Logger(label: "test"))
}
