import Foundation

/// A server of ours, on a port of its own.
final class ServerProcess {
    let client: LoopbackClient
    /// From before the process was made until the first answer.
    let startup: Duration
    private let process = Process()
    private let folder: URL?

    /// `lamd serve` with one network thread.
    static func lamd(_ path: String, core: Int?, state: URL? = nil) throws -> ServerProcess {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")
        let state = state ?? folder
        return try ServerProcess(path, core: core, firstPath: "/livez", folder: state == folder ? folder : nil) {
            port in
            ["serve", "--listen", "127.0.0.1:\(port)", "--threads", "1", "--log-level", "error", "--state", state.path]
        }
    }

    /// The minimal server in C, which always gives one reply.
    static func limit(_ path: String, reply: String, core: Int) throws -> ServerProcess {
        try ServerProcess(path, core: core, firstPath: "/", folder: nil) { port in [String(port), reply] }
    }

    /// - Parameters:
    ///   - core: the only one it may run on; nil for any.
    ///   - folder: removed at the end.
    private init(
        _ path: String, core: Int?, firstPath: String, folder: URL?, arguments: (UInt16) -> [String]
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw LoopbackClient.Failure(description: "there is no program \(path)")
        }
        client = LoopbackClient(port: try LoopbackClient.freePort())
        self.folder = folder
        let command = [path] + arguments(client.port)
        process.executableURL = URL(filePath: core == nil ? path : "/usr/bin/taskset")
        process.arguments = core.map { ["-c", String($0)] + command } ?? Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        do { try client.wait(for: firstPath) { [process] in process.isRunning } } catch {
            Self.end(process, folder)
            throw error
        }
        startup = .now - start
    }

    /// What all its threads have spent so far.
    var cpuSeconds: Double {
        let tasks = "/proc/\(process.processIdentifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        let nanoseconds = threads.map { thread in
            let text = try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8)
            return text?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        }
        return nanoseconds.reduce(0, +) * 1e-9
    }

    /// A field of `/proc/PID/status` in bytes.
    func memory(_ field: String) -> Double? {
        let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 * 1024 }
    }

    func stop() { Self.end(process, folder) }

    private static func end(_ process: Process, _ folder: URL?) {
        process.terminate()
        process.waitUntilExit()
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }
}
