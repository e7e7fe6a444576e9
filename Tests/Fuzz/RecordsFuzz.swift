@testable import Hosting
@testable import Store

/// Files of our own that a crash or a disk damaged: logs of records, seals, durable sessions.
enum RecordsFuzz {
    static func read(_ bytes: [UInt8]) {
        checkLog(bytes)
        checkSeal(bytes)
        if let base = try? SessionBase(bytes) {
            guard let again = try? SessionBase(base.bytes) else { fatalError("a base that was written is not read") }
            promise(again.bytes == base.bytes, "a base is read as something else")
        }
        _ = try? Snapshot(bytes)
    }

    private static func checkLog(_ bytes: [UInt8]) {
        let (records, count, isWhole) = RecordLog.records(in: bytes)
        promise(records.flatMap(RecordLog.record) == Array(bytes.prefix(count)), "records are read as something else")
        promise(isWhole == (count == bytes.count), "a log is whole and is not")
        // Whatever is torn off a whole log, the records before are there.
        let log = RecordLog.record(bytes) + RecordLog.record(Array(bytes.prefix(3)))
        let torn = RecordLog.records(in: Array(log.prefix(log.count - 1)))
        promise(torn.records == [bytes] && !torn.isWhole, "a torn record takes others along")
    }

    private static func checkSeal(_ bytes: [UInt8]) {
        var opened = bytes
        if (try? Seal.open(&opened)) == false { promise(opened == bytes, "what has no seal was changed") }
        opened = bytes + Seal.make(for: bytes.span)
        promise((try? Seal.open(&opened)) == true && opened == bytes, "a seal does not hold")
        guard !bytes.isEmpty else { return }
        var damaged = bytes + Seal.make(for: bytes.span)
        damaged[bytes.count / 2] ^= 1
        promise((try? Seal.open(&damaged)) == nil, "damage is not seen")
    }
}
