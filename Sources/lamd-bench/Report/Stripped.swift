import Foundation

/// A program without its symbols.
enum Stripped {
    /// Lends a copy.
    /// - Parameter flags: what `strip` is told to leave out; by default everything that is not needed to run.
    static func lend<R>(_ program: String, _ flags: String..., to body: (_ path: String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Process.finish(["strip"] + flags + ["-o", path, program])
        return try body(path)
    }
}
