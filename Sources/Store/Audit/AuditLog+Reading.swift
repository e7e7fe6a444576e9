import Foundation
import Gym

/// What is asked of the log, and what is taken from its oldest end.
extension AuditLog {
    /// How much of the log one question reads.
    private static let reach = 16 << 20

    /// Records behind one, oldest first.
    /// - Parameter isWanted: is given a record as it stands in the log.
    /// - Returns: records, and the number of the last one that was looked at; nil where there are no more.
    public func records(
        after sequence: Int, limit: Int, where isWanted: ([UInt8]) -> Bool
    ) throws(StoreError) -> (records: [[UInt8]], next: Int?) {
        let segments = AuditSegment.all(in: store.path(Self.folder))
        let start = segments.lastIndex { $0.first <= sequence + 1 } ?? 0
        var (records, read) = ([[UInt8]](), 0)
        for segment in segments[min(start, segments.count)...] {
            let contents = try segment.contents()
            for (place, line) in AuditSegment.lines(contents).enumerated() where segment.first + place > sequence {
                let record = Array(line)
                if isWanted(record) { records.append(record) }
                if records.count == limit { return (records, segment.first + place) }
            }
            read += contents.count
            if read >= Self.reach { return (records, segment.first + AuditSegment.lines(contents).count - 1) }
        }
        return (records, nil)
    }

    /// Takes whole segments from the oldest end: those whose last record is older than a time, and those that are too many
    /// bytes. The latest stays. That they are gone is a record itself.
    /// - Parameters:
    ///   - oldest: seconds since 1970; nil to keep all.
    ///   - bytes: how large the log may be; nil for as large as it becomes.
    /// - Returns: how many were taken.
    public func drop(before oldest: Double?, keeping bytes: Int?, at time: String) throws(StoreError) -> Int {
        let base = try store.auditMark().base
        var segments = AuditSegment.all(in: store.path(Self.folder))[...]
        var size = segments.reduce(0) { $0 + $1.size }
        var dropped: [AuditSegment] = []
        while segments.count > 1, let first = segments.first {
            let isTooMuch = bytes.map { size > $0 } ?? false
            let isTooOld = oldest.map { first.changedAt < $0 } ?? false
            guard isTooMuch || isTooOld || first.first <= base.sequence else { break }
            size -= first.size
            dropped.append(segments.removeFirst())
        }
        guard let next = segments.first, !dropped.isEmpty else { return 0 }
        if next.first - 1 > base.sequence {
            guard let origin = next.origin(in: try next.contents()) else {
                throw .damaged(file: next.path, reason: "it does not say what was before it")
            }
            let sequence = try append(
                "dropped", at: time,
                [.init("from", .int(Int64(base.sequence + 1))), .init("through", .int(Int64(origin.sequence)))])
            try sync(sequence, isMarked: true)
            try store.put(auditBase: origin)
        }
        for segment in dropped {
            try StateFolder.filing("removing \(segment.path)") { () throws(SystemFault) in
                try FileSystem.removeFile(segment.path)
            }
        }
        return dropped.count
    }
}
