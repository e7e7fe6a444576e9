import Foundation
import Gym
import Testing

@testable import Store

struct AuditLogTests {
    private func fill(_ folder: URL, _ count: Int, segmentSize: Int = 16 << 20) throws {
        let log = try AuditLog(StateFolder(folder), segmentSize: segmentSize, at: 0)
        for index in 0..<count {
            let sequence = try log.append(
                "change", at: "2026-03-01T12:00:00.000Z", [.init("path", .string("/v1/\(index)"))])
            try log.sync(sequence, isMarked: true)
        }
    }

    private func segments(_ folder: URL) -> [URL] {
        AuditSegment.all(in: folder.appending(path: "audit").path).map { URL(filePath: $0.path) }
    }

    @Test func `what was written is found, also after the log was opened again`() throws {
        try withFolder { folder in
            for round in 1...3 {
                try fill(folder, 5)
                let check = try AuditCheck(of: folder)
                #expect(check.faults.isEmpty && check.first == 1)
                // And the line that begins the segment.
                #expect(check.records == 5 * round + 1 && check.head.sequence == check.records)
            }
            #expect(segments(folder).count == 1)
        }
    }

    @Test func `every flipped bit is found`() throws {
        try withFolder { folder in
            try fill(folder, 3)
            let file = try #require(segments(folder).first)
            let whole = [UInt8](try Data(contentsOf: file))
            #expect(whole.count > 500)
            for place in whole.indices {
                for bit in [0, 5, 7] {
                    var changed = whole
                    changed[place] ^= 1 << bit
                    try Data(changed).write(to: file)
                    let faults = try AuditCheck(of: folder).faults
                    #expect(!faults.isEmpty, "byte \(place), bit \(bit)")
                }
            }
            try Data(whole).write(to: file)
            #expect(try AuditCheck(of: folder).faults.isEmpty)
        }
    }

    @Test func `what was taken away is found, wherever it was`() throws {
        try withFolder { folder in
            try fill(folder, 30, segmentSize: 1_000)
            let files = segments(folder)
            #expect(files.count > 5)
            #expect(try AuditCheck(of: folder).faults.isEmpty)
            for (place, file) in files.enumerated() {
                let whole = try Data(contentsOf: file)
                try FileManager.default.removeItem(at: file)
                let faults = try AuditCheck(of: folder).faults
                #expect(faults.count == 1)
                #expect(faults[0].reason.contains(place == files.count - 1 ? "missing at its end" : "comes next"))
                try whole.write(to: file)
                // Its last line.
                let lines = whole.split(separator: UInt8(ascii: "\n"))
                try Data(lines.dropLast().flatMap { $0 + [UInt8(ascii: "\n")] }).write(to: file)
                #expect(try AuditCheck(of: folder).faults.count == 1)
                try whole.write(to: file)
            }
            try FileManager.default.removeItem(at: folder.appending(path: "audit"))
            #expect(try AuditCheck(of: folder).faults.count == 1)
        }
    }

    @Test func `every cut of the end is found, and the log goes on behind it`() throws {
        try withFolder { folder in
            try fill(folder, 3)
            let file = try #require(segments(folder).first)
            let whole = try Data(contentsOf: file)
            for size in stride(from: 0, to: whole.count, by: 7) {
                try whole.prefix(size).write(to: file)
                #expect(try !AuditCheck(of: folder).faults.isEmpty)
            }
            try whole.prefix(whole.count - 1).write(to: file)
            #expect(try AuditLog(StateFolder(folder), at: 0).fault != nil)
            try fill(folder, 2)
            let check = try AuditCheck(of: folder)
            // For ever.
            #expect(check.faults.count == 1 && check.head.sequence > 4)
        }
    }

    @Test func `what a crash cut was told to nobody and is taken away`() throws {
        try withFolder { folder in
            try fill(folder, 3)
            let file = try #require(segments(folder).first)
            let whole = try Data(contentsOf: file)
            for tail in ["{\"sequ", "{\"sequence\":5,\"time\":\"2026\"}"] {
                try (whole + Data(tail.utf8)).write(to: file)
                #expect(try AuditCheck(of: folder).faults.isEmpty)
                let log = try AuditLog(StateFolder(folder), at: 0)
                #expect(log.fault == nil && log.cut == tail.utf8.count && log.head.sequence == 4)
                #expect(try Data(contentsOf: file) == whole)
            }
            // A segment whose first line is not whole.
            let empty = folder.appending(path: "audit/000000000005.ndjson")
            try Data("{\"se".utf8).write(to: empty)
            try fill(folder, 1)
            #expect(try AuditCheck(of: folder).faults.isEmpty)
            #expect(segments(folder).count == 1)
        }
    }

    @Test func `the oldest segments are dropped, and the rest stays checked`() throws {
        try withFolder { folder in
            try fill(folder, 30, segmentSize: 1_000)
            let before = segments(folder)
            let state = try StateFolder(folder)
            let log = try AuditLog(state, segmentSize: 1_000, at: 0)
            #expect(try log.drop(before: 0, keeping: nil, at: "t") == 0)
            #expect(try log.drop(before: nil, keeping: 2_500, at: "t") > 0)
            #expect(try segments(folder).reduce(0) { $0 + (try Data(contentsOf: $1).count) } < 4_000)
            var check = try AuditCheck(of: folder)
            #expect(check.faults.isEmpty && check.first > 1)
            #expect(
                try log.records(after: 0, limit: 100) { String(decoding: $0, as: UTF8.self).contains("dropped") }
                    .records.count == 1)
            // What a crash kept from being removed.
            try Data("x".utf8).write(to: before[0])
            #expect(try AuditCheck(of: folder).faults.isEmpty)
            #expect(try log.drop(before: Date().timeIntervalSince1970 + 1, keeping: nil, at: "t") > 0)
            #expect(segments(folder).count <= 2)
            check = try AuditCheck(of: folder)
            #expect(check.faults.isEmpty && check.head == log.head)
            // And without the oldest of what is left.
            try FileManager.default.removeItem(at: segments(folder)[0])
            #expect(try !AuditCheck(of: folder).faults.isEmpty)
        }
    }

    @Test func `a chain that was written down is found only where the log has it`() throws {
        try withFolder { folder in
            try fill(folder, 3)
            let log = try AuditLog(StateFolder(folder), at: 0)
            let known = log.head.chain
            #expect(try AuditCheck(of: folder, known: known).faults.isEmpty)
            #expect(try AuditCheck(of: folder, known: SHA256.digest(of: "x")).faults.count == 1)
        }
    }

    @Test func `records of many threads are one chain`() throws {
        try withFolder { folder in
            let log = try AuditLog(StateFolder(folder), segmentSize: 5_000, at: 0)
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for index in 0..<50 {
                    let sequence = try? log.append("action", at: "t", [.init("n", .int(Int64(thread * 100 + index)))])
                    if index % 10 == 0, let sequence { try? log.sync(sequence, isMarked: true) }
                }
            }
            try log.sync(log.head.sequence, isMarked: true)
            let check = try AuditCheck(of: folder)
            #expect(check.faults.isEmpty && check.head == log.head)
            #expect(check.records == 400 + segments(folder).count)
        }
    }

    @Test func `a backup has the log as far as its catalogue knows it`() throws {
        try withFolder { outer in
            let (folder, file) = (outer.appending(path: "state"), outer.appending(path: "x.backup"))
            try fill(folder, 20, segmentSize: 1_000)
            do {
                let state = try StateFolder(folder)
                let made = try state.backUp(at: 1_000)
                try FileManager.default.moveItem(atPath: made, toPath: file.path)
            }
            try fill(folder, 5)
            let other = outer.appending(path: "other")
            _ = try Backup(file).restore(to: other, force: false, at: 5)
            #expect(try AuditCheck(of: other).faults.isEmpty)
            try fill(other, 2)
            #expect(try AuditCheck(of: other).faults.isEmpty)
        }
    }
}
