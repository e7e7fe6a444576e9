import Foundation
import GRDB

/// What the catalogue knows of the audit log: where it begins and how far it goes, so that it can neither be shortened nor
/// have its oldest part taken away unseen.
struct AuditMark: Equatable {
    /// After the last record that was dropped.
    var base = AuditHead.start
    /// At least so far does the log go.
    var head = AuditHead.start

    static func read(_ database: Database) throws -> AuditMark {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM audit") else {
            throw StoreError.damaged(
                file: BackupArchive.catalogue, reason: "it does not say how far the audit log goes")
        }
        return AuditMark(
            base: AuditHead(sequence: row["baseSequence"], chain: [UInt8](row["baseChain"] as Data)),
            head: AuditHead(sequence: row["sequence"], chain: [UInt8](row["chain"] as Data)))
    }
}

extension StateFolder {
    func auditMark() throws(StoreError) -> AuditMark {
        try read("reading how far the audit log goes") { try AuditMark.read($0) }
    }

    func put(auditHead head: AuditHead) throws(StoreError) {
        try write("storing how far the audit log goes") { database in
            try database.execute(
                sql: "UPDATE audit SET sequence = ?, chain = ?", arguments: [head.sequence, Data(head.chain)])
        }
    }

    func put(auditBase base: AuditHead) throws(StoreError) {
        try write("storing where the audit log begins") { database in
            try database.execute(
                sql: "UPDATE audit SET baseSequence = ?, baseChain = ?", arguments: [base.sequence, Data(base.chain)])
        }
    }
}
