import Foundation

/// A server of ours, on a port of its own.
final class ServerProcess {
    let client: LoopbackClient
    /// From before the process was made until the first answer.
    let startup: Duration
    private let process = Process()
    private let folder: URL?

    /// `lamd serve` with one network thread.
    /// - Parameters:
    ///   - flags: what else it is told.
    ///   - tool: the command that runs it, on any core; what either says is dropped.
    static func lamd(
        _ path: String, core: Int?, state: URL? = nil, flags: [String] = [], under tool: [String] = []
    ) throws -> ServerProcess {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")
        let state = state ?? folder
        let runner = tool.isEmpty ? runner(core: core) : tool
        return try ServerProcess(
            path, runner, firstPath: "/livez", folder: state == folder ? folder : nil, isQuiet: !tool.isEmpty
        ) { port in
            [
                "serve", "--listen", "127.0.0.1:\(port)", "--threads", "1", "--log-level", "error", "--state",
                state.path,
            ] + flags
        }
    }

    /// The minimal server in C, which always gives one reply.
    static func limit(_ path: String, reply: String, core: Int) throws -> ServerProcess {
        try ServerProcess(path, runner(core: core), firstPath: "/", folder: nil) { port in [String(port), reply] }
    }

    /// - Parameter core: the only one that it may run on; nil for any.
    private static func runner(core: Int?) -> [String] { core.map { ["taskset", "-c", String($0)] } ?? [] }

    /// - Parameters:
    ///   - runner: the command that runs it; none, by itself.
    ///   - folder: removed at the end.
    ///   - isQuiet: whether its log is dropped.
    private init(
        _ path: String, _ runner: [String], firstPath: String, folder: URL?, isQuiet: Bool = false,
        arguments: (UInt16) -> [String]
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw LoopbackClient.Failure(description: "there is no program \(path)")
        }
        client = LoopbackClient(port: try LoopbackClient.freePort())
        self.folder = folder
        process.executableURL = URL(filePath: runner.isEmpty ? path : "/usr/bin/env")
        process.arguments = (runner.isEmpty ? [] : runner + [path]) + arguments(client.port)
        process.standardOutput = FileHandle.nullDevice
        if isQuiet { process.standardError = FileHandle.nullDevice }
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

    var identifier: Int32 { process.processIdentifier }

    /// What it spends on each of `count` things that `body` has it do, in microseconds.
    func cpuMicroseconds(each count: Int, _ body: () throws -> Void) rethrows -> Double {
        let before = cpuSeconds
        try body()
        return (cpuSeconds - before) / Double(count) * 1e6
    }

    /// What servers spend that nobody asks for anything, in milliseconds a second.
    static func costAtRest(_ servers: [ServerProcess]) -> [Double] {
        let before = servers.map(\.cpuSeconds)
        Thread.sleep(forTimeInterval: rest)
        return zip(servers, before).map { ($0.cpuSeconds - $1) / rest * 1e3 }
    }

    private static let rest = 5.0

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
