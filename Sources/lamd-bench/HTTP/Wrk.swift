import Foundation

/// Load from `wrk`: one thread, pinned, connections that are kept.
struct Wrk {
    struct Result {
        let requests: Double
        let seconds: Double
        /// Of latencies, in microseconds.
        let median: Double
        let percentile99: Double

        var rate: Double { requests / seconds }
    }

    let core: Int

    /// Posts `body` to each of `paths` in turn.
    func load(
        port: UInt16, paths: [String], body: String, connections: Int, seconds: Int
    ) throws -> Result {
        let script = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString).lua")
        try Self.script(paths: paths, body: body).write(to: script, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: script) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "taskset", "-c", String(core), "wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "-s", script.path,
            "http://127.0.0.1:\(port)",
        ]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try Self.result(String(decoding: data, as: UTF8.self))
    }

    private static func script(paths: [String], body: String) -> String {
        """
        local requests, last = {}, 0
        function init(arguments)
           local headers = {["Content-Type"] = "application/json"}
           for _, path in ipairs({\(paths.map { "'\($0)'" }.joined(separator: ", "))}) do
              requests[#requests + 1] = wrk.format("POST", path, headers, '\(body)')
           end
        end
        function request()
           last = last % #requests + 1
           return requests[last]
        end
        function done(summary, latency, requests)
           local errors = summary.errors
           io.write(string.format("figures %d %d %.1f %.1f %d\\n", summary.requests, summary.duration,
              latency:percentile(50), latency:percentile(99),
              errors.connect + errors.read + errors.write + errors.status + errors.timeout))
        end
        """
    }

    private static func result(_ output: String) throws -> Result {
        let line = output.split(separator: "\n").last { $0.hasPrefix("figures ") }
        let figures = line?.split(separator: " ").dropFirst().compactMap { Double($0) } ?? []
        guard figures.count == 5, figures[0] > 0, figures[4] == 0 else {
            throw LoopbackClient.Failure(description: "wrk did not go through, or met errors:\n\(output)")
        }
        return Result(
            requests: figures[0], seconds: figures[1] * 1e-6, median: figures[2], percentile99: figures[3])
    }
}
