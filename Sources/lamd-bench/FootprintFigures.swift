import Foundation

/// What the program costs before it does anything.
struct FootprintFigures {
    private static let starts = 11
    private static let crowd = 10_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "process", title: "The program",
            note: """
                Start-up from before the process is made to the first answered GET /livez, medians of \(Self.starts) starts; \
                memory two seconds after the last one, one network thread. \
                Sessions and connections: what the daemon grows by for each after the first thousand, ten thousand times.
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
        add("10,000 sessions of CartPole-v1, each stepped", try sessionBytes() / 1_048_576, "MiB")
        add("10,000 connections at rest", try connectionBytes() / 1_048_576, "MiB")
        add("size of the program", try size(settings.lamd) / 1e6, "MB")
        add("stripped", try Stripped.lend(settings.lamd) { try size($0) } / 1e6, "MB")
        return [table]
    }

    private func sessionBytes() throws -> Double {
        let crowd = try SessionCrowd(settings, count: Self.crowd)
        defer { crowd.server.stop() }
        return crowd.memory * Double(Self.crowd)
    }

    private func connectionBytes() throws -> Double {
        Descriptors.raiseLimit()
        let crowd = try ConnectionCrowd(settings, count: Self.crowd)
        defer { crowd.server.stop() }
        return crowd.memory * Double(Self.crowd)
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
}
