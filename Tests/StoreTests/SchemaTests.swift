import Foundation
import Store
import Testing

/// Folders as older versions left them: what `sqlite3 catalogue.sqlite .dump` said of one.
struct SchemaTests {
    private func make(_ schema: Int, in folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let sql = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schemas/\(schema).sql")
        let sqlite = Process()
        sqlite.executableURL = URL(filePath: "/usr/bin/env")
        sqlite.arguments = [
            "python3", "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())",
            folder.appending(path: "catalogue.sqlite").path, sql.path,
        ]
        try sqlite.run()
        sqlite.waitUntilExit()
        try #require(sqlite.terminationStatus == 0)
    }

    @Test(arguments: [1, 2, 3])
    func `a folder of an older version is migrated, with all that is in it`(_ schema: Int) throws {
        try withFolder { folder in
            try make(schema, in: folder)
            for _ in 0..<2 {
                let state = try StateFolder(folder)
                #expect(try state.agents().map(\.id) == ["5a3d0c11", "77e2b904"])
                #expect(try state.agents().map(\.name) == ["first", "second"])
                #expect(try state.agents().map(\.servedVersion) == [1, 0])
                let versions = try state.versions(of: "5a3d0c11")
                #expect(versions.map(\.version) == [1, 0] && versions.map(\.steps) == [2_000, 0])
                #expect(versions[0].evaluation == #"{"mean_return":187.5}"# && versions[1].evaluation == nil)
                let jobs = try state.jobs()
                #expect(jobs.map(\.id) == ["0badcafe"] && jobs.map(\.state) == ["succeeded"])
                #expect(jobs[0].startedAt == 12.5 && jobs[0].error == nil)
                #expect(try state.events(of: "0badcafe").map(\.kind) == ["phase", "progress", "done"])
                let sets = try state.demonstrations()
                #expect(sets.map(\.id) == (schema == 1 ? [] : ["c0ffee00"]))
                if schema >= 2 {
                    #expect(try state.files(of: "c0ffee00").map(\.steps) == [120, 7])
                    #expect(try state.labels(of: "0badcafe").map(\.action) == ["1"])
                }
                // And it takes what is new.
                try state.checkWritable()
                let id = "1234567\(schema)"
                if try state.demonstrations().allSatisfy({ $0.id != id }) {
                    try state.insert(DemonstrationRecord(id: id, tenant: "default", createdAt: 99, updatedAt: 99), [])
                }
                try state.deleteDemonstrations(id)
            }
        }
    }
}
