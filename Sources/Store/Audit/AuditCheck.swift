import Foundation
import GRDB

/// The audit log read from its beginning to its end: whether each record is the one that was written there, and none is
/// missing, at either end too. It reads only, so that it can be done while a daemon writes.
public struct AuditCheck: Sendable, Equatable {
    public struct Fault: Sendable, Equatable {
        public let file: String
        /// Counted from 1; nil where a whole file is at fault.
        public let line: Int?
        public let reason: String
    }

    /// The first record that is there, or would be.
    public private(set) var first = 1
    public private(set) var head = AuditHead.start
    public private(set) var records = 0
    /// The first of each segment, in order, and what is missing at the end.
    public private(set) var faults: [Fault] = []

    /// - Parameter known: a chain that somebody wrote down earlier, which the log must contain.
    public init(of state: URL, known: [UInt8]? = nil) throws(StoreError) {
        // Before the files, which then go at least so far.
        let mark = try Self.mark(of: state)
        let folder = state.appending(path: AuditLog.folder).path
        // What was dropped, and could not be removed then, counts no more.
        let segments = AuditSegment.all(in: folder).filter { $0.first > mark.base.sequence }
        self.init(segments, mark, folder: folder, known: known) { (segment) throws(StoreError) in try segment.contents()
        }
    }

    private init(
        _ segments: [AuditSegment], _ mark: AuditMark, folder: String, known: [UInt8]?,
        read: (AuditSegment) throws(StoreError) -> [UInt8]
    ) {
        first = mark.base.sequence + 1
        head = mark.base
        var isSeen = mark.head == mark.base
        var isKnown = known == nil || known == mark.base.chain
        var isLost = false
        for (place, segment) in segments.enumerated() {
            guard let contents = try? read(segment) else {
                faults.append(Fault(file: segment.path, line: nil, reason: "it cannot be read"))
                isLost = true
                continue
            }
            if segment.first != head.sequence + 1, !isLost {
                let reason = "it begins with record \(segment.first), but record \(head.sequence + 1) comes next"
                faults.append(Fault(file: segment.path, line: nil, reason: reason))
                isLost = true
            }
            // Then the segment's own word on what was before it is all there is.
            if isLost, let origin = segment.origin(in: contents) { head = origin }
            isLost = !check(segment, contents, isLast: place == segments.count - 1) { head in
                if head == mark.head { isSeen = true }
                if head.chain == known { isKnown = true }
            }
        }
        if !isSeen {
            let what =
                head.sequence < mark.head.sequence
                ? "records \(head.sequence + 1) to \(mark.head.sequence) are missing at its end"
                : "record \(mark.head.sequence) is not the one that the catalogue knows"
            faults.append(Fault(file: segments.last?.path ?? folder, line: nil, reason: what))
        }
        if !isKnown {
            faults.append(Fault(file: folder, line: nil, reason: "no record has the chain that was given"))
        }
    }

    /// - Returns: whether every record of it is as it was written.
    private mutating func check(
        _ segment: AuditSegment, _ contents: [UInt8], isLast: Bool, _ see: (AuditHead) -> Void
    ) -> Bool {
        let lines = AuditSegment.lines(contents)
        for (index, line) in lines.enumerated() {
            guard let next = AuditLine.check(line, after: head) else {
                let reason = "it is not record \(head.sequence + 1) as it was written"
                faults.append(Fault(file: segment.path, line: index + 1, reason: reason))
                return false
            }
            head = next
            records += 1
            see(head)
        }
        // At the very end it is a record that is being written, or that a crash cut: nobody was told of it.
        guard AuditSegment.torn(contents) > 0, !isLast else { return true }
        faults.append(Fault(file: segment.path, line: lines.count + 1, reason: "the line is cut"))
        return false
    }

    private static func mark(of state: URL) throws(StoreError) -> AuditMark {
        let file = state.appending(path: BackupArchive.catalogue).path
        guard FileSystem.exists(file) else {
            throw .unavailable(operation: "reading the catalogue", reason: "there is no \(file)")
        }
        var settings = Configuration()
        settings.readonly = true
        do {
            return try DatabaseQueue(path: file, configuration: settings).read { try AuditMark.read($0) }
        } catch {
            throw StoreError("reading the catalogue", error)
        }
    }
}
