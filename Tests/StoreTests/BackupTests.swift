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
}
