import Foundation
import Gym
import Store
import Testing

struct DurableFileTests {
    private let tensors = Safetensors([.init("x", Tensor([1.5, -2] as [Double]))], metadata: ["a": "b"])

    private func flip(_ file: URL, at place: Int) throws {
        var bytes = try Data(contentsOf: file)
        bytes[place] ^= 0x10
        try bytes.write(to: file)
    }

    @Test func `a flipped bit anywhere in a file is noticed`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            let file = folder.appending(path: "x/1.safetensors")
            try state.write(tensors.encoded(), to: "x/1.safetensors")
            for place in 0..<(try Data(contentsOf: file)).count {
                try flip(file, at: place)
                #expect(throws: StoreError.self, "byte \(place)") { try state.tensors("x/1.safetensors") }
                try flip(file, at: place)
            }
            #expect(try state.tensors("x/1.safetensors") == tensors)
        }
    }

    @Test func `a file that ends too early is noticed, wherever that is`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            let file = folder.appending(path: "1.safetensors")
            try state.write(tensors.encoded(), to: "1.safetensors")
            let bytes = try Data(contentsOf: file)
            // Without its seal, and otherwise whole, it is a file of an older version.
            for count in 0..<bytes.count where count != bytes.count - 16 {
                try bytes.prefix(count).write(to: file)
                #expect(throws: StoreError.self, "\(count) bytes") { try state.tensors("1.safetensors") }
            }
            try bytes.dropLast(16).write(to: file)
            #expect(try state.tensors("1.safetensors") == tensors)
        }
    }

    @Test func `damaged files are told, put aside and counted`() throws {
        try withFolder { folder in
            let path = "a/b/1.safetensors"
            do {
                let state = try StateFolder(folder)
                for name in [path, "a/2.safetensors", "c.json"] { try state.write(tensors.encoded(), to: name) }
                try flip(folder.appending(path: path), at: 40)
                var found: [String] = []
                #expect(state.verifyFiles(until: { false }) { path, _ in found.append(path) } == 3)
                #expect(found == [path])
                #expect(try state.quarantine(path) == "quarantine/\(path)")
                try state.write([1], to: path)
                #expect(try state.quarantine(path) == "quarantine/\(path).2")
                #expect(state.quarantinedFiles == 2)
                #expect(state.verifyFiles(until: { false }) { path, _ in found.append(path) } == 2 && found == [path])
            }
            let state = try StateFolder(folder)
            #expect(try state.read(path) == nil)
            #expect(state.quarantinedFiles == 2)
            #expect(throws: StoreError.self) { try state.read("quarantine/\(path)") }
        }
    }

    @Test func `what was being written when the process ended is removed at the start`() throws {
        try withFolder { folder in
            do { try StateFolder(folder).write([1], to: "a/kept") }
            for name in [".x.tmp", "a/.1.safetensors.tmp"] {
                try Data([1]).write(to: folder.appending(path: name))
            }
            let staging = folder.appending(path: ".backup-1.files.tmp/agents")
            try FileManager.default.createDirectory(at: staging, withIntermediateDirectories: true)
            let state = try StateFolder(folder)
            #expect(try state.list("").allSatisfy { !$0.hasPrefix(".") })
            #expect(try state.list("a") == ["kept"])
        }
    }

    @Test func `room is kept back, and a lack of it is told from everything else`() throws {
        try withFolder { folder in
            do { try StateFolder(folder).write([1], to: "kept") }
            let state = try StateFolder(folder, reserve: 1 << 62)
            #expect(throws: StoreError.self) { try state.write([2], to: "kept") }
            do throws(StoreError) {
                try state.checkWritable()
                Issue.record("there is no room, and it does not say so")
            } catch {
                guard case .full = error else { throw error }
            }
            #expect(try state.read("kept") == [1])
            // What ends something goes on.
            try state.deleteAgent("0a1b2c3d")
        }
        do throws(StoreError) {
            _ = try StateFolder(URL(filePath: "/dev/null/x"))
            Issue.record("a folder was made in a file")
        } catch {
            guard case .unavailable = error else { throw error }
        }
    }

    @Test func `the records of a log are those that are whole`() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            let records: [[UInt8]] = [[1, 2, 3], [], Array("lamdseal12345678".utf8)]
            for record in records { try state.append(RecordLog.record(record), to: "log") }
            let found = try state.records(in: "log")
            #expect(found.records == records && found.isWhole)
            let bytes = try [UInt8](Data(contentsOf: folder.appending(path: "log")))
            for cut in 0..<bytes.count {
                let part = RecordLog.records(in: Array(bytes.prefix(cut)))
                #expect(records.starts(with: part.records) && part.records.count < records.count)
                #expect(part.isWhole == (part.bytes == cut))
            }
            #expect(try state.records(in: "none").records.isEmpty)
        }
    }
}
