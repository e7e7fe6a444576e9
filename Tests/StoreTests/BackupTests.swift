import Foundation
import Store
import Testing

struct BackupTests {
    private let agent = AgentRecord(
        id: "0a1b2c3d", tenant: "default", name: "first", createdAt: 1, configuration: "{}", servedVersion: 0)
    private let version = VersionRecord(
        agentID: "0a1b2c3d", version: 0, createdAt: 2, steps: 3, updates: 4, evaluation: nil, lineage: "[]")

    private func backUp(_ state: StateFolder, to file: URL) throws {
        let made = try state.backUp(at: 1_000)
        try FileManager.default.moveItem(atPath: made, toPath: file.path)
    }

    @Test func `brings back everything as it was, large files in parts`() throws {
        try withFolder { outer in
            let (folder, file) = (outer.appending(path: "state"), outer.appending(path: "x.backup"))
            let large = (0..<(33 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 7) }
            do {
                let state = try StateFolder(folder)
                try state.insert(agent, version)
                try state.write(large, to: "agents/0a1b2c3d/learner.safetensors")
                try state.write([1], to: "demonstrations/x/about.json")
                try state.write([9], to: "sessions/y/base")
                try state.append(RecordLog.record([7]), to: "sessions/y/log-1")
                try backUp(state, to: file)
                #expect(try state.list("").allSatisfy { !$0.hasPrefix(".") })
                try state.write([2], to: "demonstrations/x/about.json")
                try state.deleteAgent(agent.id)
            }
            let backup = try Backup(file)
            try backup.check()
            #expect(backup.fileCount == 5)
            #expect(throws: StoreError.exists(folder: folder.path)) {
                try backup.restore(to: folder, force: false, at: 5)
            }
            let old = try #require(try backup.restore(to: folder, force: true, at: 5))
            #expect(old.lastPathComponent == "state.before-5")
            #expect(try StateFolder(old).read("demonstrations/x/about.json") == [2])
            let state = try StateFolder(folder)
            #expect(try state.agents().map(\.name) == ["first"])
            #expect(try state.read("agents/0a1b2c3d/learner.safetensors") == large)
            #expect(try state.read("demonstrations/x/about.json") == [1])
            #expect(try state.records(in: "sessions/y/log-1").records == [[7]])
            // A folder that somebody uses stays.
            #expect(throws: StoreError.locked(folder: folder.path)) {
                try backup.restore(to: folder, force: true, at: 6)
            }
        }
    }

    @Test func `a damaged or cut archive is refused, and nothing changes`() throws {
        try withFolder { outer in
            let (folder, file) = (outer.appending(path: "state"), outer.appending(path: "x.backup"))
            do {
                let state = try StateFolder(folder)
                try state.write((0..<40_000).map { UInt8(truncatingIfNeeded: $0) }, to: "agents/x/1.safetensors")
                try backUp(state, to: file)
            }
            let bytes = try Data(contentsOf: file)
            let target = outer.appending(path: "new")
            for share in [0.0, 0.3, 0.6, 0.9] {
                try bytes.prefix(Int(share * Double(bytes.count))).write(to: file)
                #expect(throws: StoreError.self) { try Backup(file).restore(to: target, force: false, at: 1) }
            }
            var flipped = bytes
            let pattern = Data((100..<200).map { UInt8($0) })
            flipped[try #require(bytes.range(of: pattern)).lowerBound] ^= 1
            try flipped.write(to: file)
            #expect(throws: StoreError.self) { try Backup(file).check() }
            #expect(throws: StoreError.self) { try Backup(file).restore(to: target, force: false, at: 1) }
            #expect(!FileManager.default.fileExists(atPath: target.path))
            let left = try FileManager.default.contentsOfDirectory(atPath: outer.path).sorted()
            #expect(left == ["state", "x.backup"])
        }
    }

    /// A folder with an agent and a file, then its backup laid ready in it after both were changed.
    private func layReady(in folder: URL, _ file: URL) throws {
        let state = try StateFolder(folder)
        try state.insert(agent, version)
        try state.write([1], to: "demonstrations/x/about.json")
        try backUp(state, to: file)
        try state.deleteAgent(agent.id)
        try state.write([2], to: "demonstrations/x/about.json")
        try state.write([3], to: "demonstrations/y/about.json")
        let archive = try [UInt8](Data(contentsOf: file))
        #expect(try state.layReady(archive.span, at: 7) == 2)
        #expect(try state.read("demonstrations/x/about.json") == [2])
    }

    private func checkRestored(_ folder: URL) throws {
        let state = try StateFolder(folder)
        #expect(try state.agents().map(\.name) == ["first"])
        #expect(try state.read("demonstrations/x/about.json") == [1])
        #expect(try state.read("demonstrations/y/about.json") == nil)
        #expect(try state.list("").allSatisfy { !$0.hasPrefix(".") })
        let old = try #require(state.asideFolder)
        let before = try StateFolder(URL(filePath: old))
        #expect(try before.agents().isEmpty && before.asideFolder == nil)
        #expect(try before.read("demonstrations/x/about.json") == [2])
        #expect(try before.read("demonstrations/y/about.json") == [3])
    }

    @Test func `what was laid ready comes in at the next start, wherever the one before was interrupted`() throws {
        // Interrupted after so many moves, of those that put the old aside and of those that bring the new in.
        for (moves, isEntering) in [(0, false), (1, false), (2, false), (0, true), (1, true), (2, true)] {
            try withFolder { outer in
                let (folder, file) = (outer.appending(path: "state"), outer.appending(path: "x.backup"))
                try layReady(in: folder, file)
                let files = FileManager.default
                func move(_ count: Int, from: URL, to: URL) throws {
                    let names = try files.contentsOfDirectory(atPath: from.path).sorted()
                    let meant = names.filter { $0 != "lock" && !$0.hasPrefix(".") && !$0.hasPrefix("before-") }
                    for name in meant.prefix(count) {
                        try files.moveItem(at: from.appending(path: name), to: to.appending(path: name))
                    }
                }
                let (old, new) = (folder.appending(path: "before-7"), folder.appending(path: ".entering-7"))
                if moves > 0 || isEntering { try files.createDirectory(at: old, withIntermediateDirectories: true) }
                try move(isEntering ? .max : moves, from: folder, to: old)
                if isEntering {
                    try files.moveItem(at: folder.appending(path: ".arriving-7"), to: new)
                    try move(moves, from: new, to: folder)
                }
                try checkRestored(folder)
                #expect(try StateFolder(folder).asideFolder == nil)
            }
        }
    }

    @Test func `of two that were laid ready the later one comes in`() throws {
        try withFolder { outer in
            let (folder, file) = (outer.appending(path: "state"), outer.appending(path: "x.backup"))
            try layReady(in: folder, file)
            // Opened once without it, as if it had been laid ready by another process meanwhile.
            let hidden = outer.appending(path: "hidden")
            let arriving = folder.appending(path: ".arriving-7")
            try FileManager.default.moveItem(at: arriving, to: hidden)
            let state = try StateFolder(folder)
            try FileManager.default.moveItem(at: hidden, to: arriving)
            #expect(try state.layReady([UInt8](Data(contentsOf: file)).span, at: 9) == 2)
            #expect(try state.list("").filter { $0.hasPrefix(".") } == [".arriving-9"])
        }
    }
}
