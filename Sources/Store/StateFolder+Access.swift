import Foundation
import GRDB

/// What is asked of the catalogue about tokens and about replies that are kept for a retry.
extension StateFolder {
    /// Oldest first, revoked ones too.
    public func tokens() throws(StoreError) -> [TokenRecord] {
        try read("reading the tokens") { try TokenRecord.order(Column("createdAt")).fetchAll($0) }
    }

    /// Writes tokens, in place of what was known of them.
    public func put(_ tokens: [TokenRecord]) throws(StoreError) {
        try write("storing tokens") { database in
            for token in tokens { try token.upsert(database) }
        }
    }

    /// Whose they are, and what they answer to.
    public func replyKeys() throws(StoreError) -> [(tenant: String, key: String)] {
        try read("reading the keys of kept replies") { database in
            try Row.fetchAll(database, sql: "SELECT tenant, key FROM replies").map { ($0[0], $0[1]) }
        }
    }

    public func reply(to key: String, of tenant: String) throws(StoreError) -> ReplyRecord? {
        try read("reading a kept reply") { try ReplyRecord.fetchOne($0, key: ["tenant": tenant, "key": key]) }
    }

    public func put(_ reply: ReplyRecord) throws(StoreError) {
        try write("keeping a reply") { try reply.insert($0, onConflict: .replace) }
    }

    public func deleteReply(to key: String, of tenant: String) throws(StoreError) {
        try write("forgetting a kept reply") { database in
            _ = try ReplyRecord.deleteOne(database, key: ["tenant": tenant, "key": key])
        }
    }

    /// Forgets what kept replies say of something; a retry is told that it was done.
    static func eraseReplies(about id: String, in database: Database) throws {
        try database.execute(
            sql: "UPDATE replies SET body = NULL WHERE instr(body, ?) > 0", arguments: [Data(id.utf8)])
    }

    public func deleteReplies(before time: Double) throws(StoreError) {
        try write("forgetting kept replies") { database in
            _ = try ReplyRecord.filter(Column("createdAt") < time).deleteAll(database)
        }
    }
}
