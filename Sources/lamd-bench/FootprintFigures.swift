import Foundation

/// What the program costs before it does anything.
struct FootprintFigures {
    private static let starts = 11
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "process", title: "The program",
            note: """
                Start-up from before the process is made to the first answered GET /livez, medians of \(Self.starts) starts; \
                memory two seconds after the last one, one network thread.
                """,
            columns: [.init(title: "figure"), .init(title: "value", digits: 1), .init(title: "unit")])
        func add(_ name: String, _ value: Double?, _ unit: String) {
            table.add([.text(name), .init(value), .text(unit)])
        }
        add("start-up, new state folder", try startup(state: nil), "ms")
        let state = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: state) }
        add("start-up, existing state folder", try startup(state: state), "ms")
        let lamd = try ServerProcess.lamd(settings.lamd, core: nil, state: state)
        defer { lamd.stop() }
        Thread.sleep(forTimeInterval: 2)
        add("memory at rest (RSS)", lamd.memory("VmRSS").map { $0 / 1e6 }, "MB")
        add("of which its own (anonymous)", lamd.memory("RssAnon").map { $0 / 1e6 }, "MB")
        add("size of the program", try size(settings.lamd) / 1e6, "MB")
        add("stripped", try strippedSize() / 1e6, "MB")
        return [table]
    }

    private func startup(state: URL?) throws -> Double {
        try (0..<Self.starts).map { _ in
            let lamd = try ServerProcess.lamd(settings.lamd, core: nil, state: state)
            defer { lamd.stop() }
            return lamd.startup / .milliseconds(1)
        }.median
    }

    private func size(_ path: String) throws -> Double {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        return size?.doubleValue ?? 0
    }

    private func strippedSize() throws -> Double {
        let copy = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)").path
        let strip = try Process.run(
            URL(filePath: "/usr/bin/env"), arguments: ["strip", "-o", copy, settings.lamd])
        strip.waitUntilExit()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        guard strip.terminationStatus == 0 else { throw LoopbackClient.Failure(description: "strip failed") }
        return try size(copy)
    }
}
