import Foundation
import Store
import Testing

/// Makes a folder of its own for a test, and removes it.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lamd-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

struct StateFolderTests {
    private let agent = AgentRecord(
        id: "0a1b2c3d", tenant: "default", name: "first", createdAt: 1, configuration: "{}", servedVersion: 0)

    private func version(_ number: Int) -> VersionRecord {
        VersionRecord(
            agentID: "0a1b2c3d", version: number, createdAt: 2, steps: 3, updates: 4, evaluation: nil, lineage: "[]")
    }

    @Test func `keeps what was stored for the next one who opens it`() throws {
        try withFolder { folder in
            do {
                let state = try StateFolder(folder)
                try state.insert(agent, version(0))
                try state.insert(version(1))
                try state.put(
                    JobRecord(id: "11112222", agentID: agent.id, state: "running", createdAt: 5, request: "{}"),
                    [EventRecord(jobID: "11112222", sequence: 1, kind: "progress", data: "{}")])
            }
            let state = try StateFolder(folder)
            #expect(try state.agents().map(\.servedVersion) == [1])
            #expect(try state.versions(of: agent.id).map(\.version) == [1, 0])
            #expect(try state.jobs().map(\.state) == ["running"])
            #expect(try state.events(of: "11112222").map(\.kind) == ["progress"])
        }
    }

    @Test func `forgets an agent with all that belongs to it`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            try state.insert(agent, version(0))
            try state.put(
                JobRecord(id: "11112222", agentID: agent.id, state: "failed", createdAt: 5, request: "{}"),
                [EventRecord(jobID: "11112222", sequence: 1, kind: "done", data: "{}")])
            try state.deleteAgent(agent.id)
            #expect(try state.agents().isEmpty)
            #expect(try state.versions(of: agent.id).isEmpty)
            #expect(try state.jobs().isEmpty)
            #expect(try state.events(of: "11112222").isEmpty)
        }
    }

    @Test func `forgets the events that a resumed job tells again`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            try state.insert(agent, version(0))
            let events = (1...4).map { EventRecord(jobID: "11112222", sequence: $0, kind: "episode", data: "{}") }
            try state.put(
                JobRecord(id: "11112222", agentID: agent.id, state: "running", createdAt: 5, request: "{}"), events)
            try state.deleteEvents(of: "11112222", after: 2)
            #expect(try state.events(of: "11112222").map(\.sequence) == [1, 2])
        }
    }

    @Test func `a set's files are replaced in one go, and go with it`() throws {
        func file(_ number: Int) -> DemonstrationFileRecord {
            DemonstrationFileRecord(setID: "0a1b2c3d", number: number, episodes: 1, steps: 2, bytes: 3)
        }
        try withFolder { folder in
            let state = try StateFolder(folder)
            try state.insert(
                DemonstrationRecord(id: "0a1b2c3d", tenant: "default", createdAt: 1, updatedAt: 1), [file(0), file(1)])
            #expect(throws: StoreError.self) { try state.add([file(0)], replacing: [file(1)], to: "0a1b2c3d", at: 2) }
            #expect(try state.files(of: "0a1b2c3d").map(\.number) == [0, 1])
            try state.add([file(2)], replacing: [file(1)], to: "0a1b2c3d", at: 3)
            #expect(try state.files(of: "0a1b2c3d").map(\.number) == [0, 2])
            #expect(try state.demonstrations().map(\.updatedAt) == [3])
            try state.deleteDemonstrations("0a1b2c3d")
            #expect(try state.demonstrations().isEmpty && state.files(of: "0a1b2c3d").isEmpty)
            let log = folder.appending(path: "catalogue.sqlite-wal")
            #expect(try Data(contentsOf: log).isEmpty)
        }
    }

    @Test func `lists what is in a folder, hidden files too`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            #expect(try state.list("x") == [])
            try state.write([1], to: "x/1")
            try state.write([1], to: "x/.2")
            #expect(try state.list("x").sorted() == [".2", "1"])
        }
    }

    @Test func `is one process's alone`() throws {
        try withFolder { folder in
            let first = try StateFolder(folder)
            #expect(throws: StoreError.locked(folder: folder.path)) { try StateFolder(folder) }
            _ = first.folder
        }
    }

    @Test func `refuses a folder that a newer version wrote`() throws {
        try withFolder { folder in
            do { _ = try StateFolder(folder) }
            let sqlite = Process()
            sqlite.executableURL = URL(filePath: "/usr/bin/env")
            sqlite.arguments = [
                "python3", "-c",
                "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')",
                folder.appending(path: "catalogue.sqlite").path,
            ]
            try sqlite.run()
            sqlite.waitUntilExit()
            try #require(sqlite.terminationStatus == 0)
            #expect(throws: StoreError.tooNew(found: 99, supported: 4)) { try StateFolder(folder) }
        }
    }

    @Test func `writes a file whole, replaces it, removes it`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            #expect(try state.read("agents/x/1") == nil)
            try state.write([1, 2, 3], to: "agents/x/1")
            try state.write([4, 5], to: "agents/x/1")
            #expect(try state.read("agents/x/1") == [4, 5])
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "agents/x").path)
            #expect(files == ["1"], "no temporary file is left")
            try state.remove("agents/x")
            #expect(try state.read("agents/x/1") == nil)
            try state.remove("agents/x")
        }
    }

    @Test func `says what cannot be written, and keeps what was there`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            try state.write([1], to: "kept")
            try FileManager.default.createDirectory(
                at: folder.appending(path: ".kept.tmp"), withIntermediateDirectories: false)
            #expect(throws: StoreError.self) { try state.write([2], to: "kept") }
            #expect(try state.read("kept") == [1])
        }
    }
}
