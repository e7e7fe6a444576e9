import Foundation

/// Where the audit log goes on when it is opened.
struct AuditEnd {
    private(set) var head: AuditHead
    /// The segment to go on in; nil to begin one.
    private(set) var segment: AuditSegment?
    /// Bytes of it that are whole records.
    private(set) var size = 0
    /// Bytes behind them: of a record that a crash cut.
    private(set) var torn = 0
    private(set) var fault: String?

    init(of folder: String, _ mark: AuditMark) throws(StoreError) {
        head = mark.head
        guard let last = AuditSegment.all(in: folder).last, last.first > mark.base.sequence else {
            if mark.head != mark.base { fault = "all that the catalogue knows of is gone" }
            return
        }
        let contents = try last.contents()
        let lines = AuditSegment.lines(contents)
        torn = AuditSegment.torn(contents)
        if lines.isEmpty {
            // Not even its first line is there: nobody was told of any record in it.
            let path = last.path
            try StateFolder.filing("removing \(path)") { () throws(SystemFault) in try FileSystem.removeFile(path) }
            let before = try AuditEnd(of: folder, mark)
            (self, torn) = (before, torn + before.torn)
            return
        }
        let origin = last.origin(in: contents)
        if let origin { head = origin }
        var isWhole = origin != nil
        var isSeen = head == mark.head || mark.head.sequence < last.first - 1
        for line in lines where isWhole {
            guard let next = AuditLine.check(line, after: head) else {
                isWhole = false
                break
            }
            head = next
            if head == mark.head { isSeen = true }
        }
        guard isWhole, isSeen else {
            fault =
                isWhole
                ? "it ends before what the catalogue knows of, or says something else" : "\(last.path) is damaged"
            if head.sequence < mark.head.sequence { head = mark.head }
            // Not the name of a file that is there.
            head.sequence = max(head.sequence, last.first)
            return
        }
        (segment, size) = (last, contents.count - torn)
    }
}
