import Foundation
import GRDB
import Synchronization

/// Everything that survives a crash, in one folder: the catalogue (SQLite) and tensor files beside it.
///
/// One connection does all reads and writes: SQLite before 3.51.3 can lose a commit when two connections write and
/// checkpoint at the same moment. A lock file keeps a second process out.
public final class StateFolder: Sendable {
    static let schema = 4

    public let folder: URL
    /// Bytes of the disk that only the catalogue may use.
    let reserve: Int
    let quarantined = Atomic(0)
    /// Where what was there before a backup was brought back is now; nil where none was, this time.
    public let asideFolder: String?
    let isBackingUp = Atomic(false)
    private let queue: DatabaseQueue
    private let lock: FileLock

    /// Opens the folder, making it where it is missing, puts in place what was laid ready of a backup, brings the schema up
    /// to date, and removes what a crash left behind.
    /// - Parameter reserve: bytes of the disk to keep back; 0 for none.
    public init(_ folder: URL, reserve: Int = 0) throws(StoreError) {
        self.folder = folder
        self.reserve = reserve
        try Self.filing("making the state folder \(folder.path)") { () throws(SystemFault) in
            try FileSystem.makeFolder(folder.path)
        }
        lock = try FileLock(folder.appending(path: "lock"))
        asideFolder = try Self.takeArrived(in: folder.path)
        do {
            queue = try DatabaseQueue(
                path: folder.appending(path: "catalogue.sqlite").path, configuration: Self.settings)
        } catch {
            throw StoreError("opening the catalogue in \(folder.path)", error)
        }
        let found = try Self.attempt("reading the schema") { [queue] in
            try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        }
        guard found <= Self.schema else { throw .tooNew(found: found, supported: Self.schema) }
        try Self.attempt("migrating the catalogue") { [queue] in try Self.migrator.migrate(queue) }
        try removeTemporaries()
        countQuarantined()
    }

    private static var settings: Configuration {
        var settings = Configuration()
        settings.journalMode = .wal
        settings.foreignKeysEnabled = true
        settings.prepareDatabase { database in
            try database.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON")
        }
        return settings
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.create(table: "agents") { table in
                table.primaryKey("id", .text)
                table.column("name", .text).notNull()
                table.column("createdAt", .double).notNull()
                table.column("configuration", .text).notNull()
                table.column("servedVersion", .integer).notNull()
                table.column("progress", .text).notNull()
            }
            try database.create(table: "versions") { table in
                table.column("agentID", .text).notNull().references("agents", onDelete: .cascade)
                table.column("version", .integer).notNull()
                table.column("createdAt", .double).notNull()
                table.column("steps", .integer).notNull()
                table.column("updates", .integer).notNull()
                table.column("evaluation", .text)
                table.column("lineage", .text).notNull()
                table.primaryKey(["agentID", "version"])
            }
            try database.create(table: "jobs") { table in
                table.primaryKey("id", .text)
                table.column("agentID", .text).notNull().references("agents", onDelete: .cascade)
                table.column("state", .text).notNull()
                table.column("createdAt", .double).notNull()
                table.column("startedAt", .double)
                table.column("finishedAt", .double)
                table.column("request", .text).notNull()
                table.column("result", .text)
                table.column("error", .text)
            }
            try database.create(table: "events", options: .withoutRowID) { table in
                table.column("jobID", .text).notNull().references("jobs", onDelete: .cascade)
                table.column("sequence", .integer).notNull()
                table.column("kind", .text).notNull()
                table.column("data", .text).notNull()
                table.primaryKey(["jobID", "sequence"])
            }
        }
        migrator.registerMigration("2") { database in
            try database.create(table: "demonstrations") { table in
                table.primaryKey("id", .text)
                table.column("createdAt", .double).notNull()
                table.column("updatedAt", .double).notNull()
            }
            try database.create(table: "demonstrationFiles", options: .withoutRowID) { table in
                table.column("setID", .text).notNull().references("demonstrations", onDelete: .cascade)
                table.column("number", .integer).notNull()
                table.column("episodes", .integer).notNull()
                table.column("steps", .integer).notNull()
                table.column("bytes", .integer).notNull()
                table.primaryKey(["setID", "number"])
            }
            try database.create(table: "labels") { table in
                table.column("jobID", .text).notNull().references("jobs", onDelete: .cascade)
                table.column("stateID", .integer).notNull()
                table.column("action", .text).notNull()
                table.primaryKey(["jobID", "stateID"])
            }
        }
        migrator.registerMigration("3") { database in
            for owned in ["agents", "demonstrations"] {
                try database.alter(table: owned) { table in
                    table.add(column: "tenant", .text).notNull().defaults(to: "default")
                }
            }
            try database.create(table: "tokens") { table in
                table.primaryKey("id", .text)
                table.column("name", .text).notNull()
                table.column("tenant", .text).notNull()
                table.column("scopes", .text).notNull()
                table.column("digest", .blob).notNull()
                table.column("createdAt", .double).notNull()
                table.column("expiresAt", .double)
                table.column("revokedAt", .double)
                table.column("lastUsedAt", .double)
            }
            try database.create(table: "replies", options: .withoutRowID) { table in
                table.column("tenant", .text).notNull()
                table.column("key", .text).notNull()
                table.column("fingerprint", .blob).notNull()
                table.column("createdAt", .double).notNull()
                table.column("status", .integer)
                table.column("contentType", .text)
                table.column("location", .text)
                table.column("body", .blob)
                table.primaryKey(["tenant", "key"])
            }
        }
        migrator.registerMigration("4") { database in
            try database.alter(table: "agents") { table in
                table.add(column: "guard", .text)
                table.add(column: "killed", .text)
            }
            try database.create(table: "servings", options: .withoutRowID) { table in
                table.column("agentID", .text).notNull().references("agents", onDelete: .cascade)
                table.column("version", .integer).notNull()
                table.column("caller", .text).notNull()
                table.column("place", .text).notNull()
                table.column("actions", .integer).notNull()
                table.column("firstAt", .double).notNull()
                table.column("lastAt", .double).notNull()
                table.primaryKey(["agentID", "version", "caller", "place"])
            }
            try database.create(table: "audit") { table in
                table.primaryKey("id", .integer).check { $0 == 1 }
                table.column("sequence", .integer).notNull()
                table.column("chain", .blob).notNull()
                table.column("baseSequence", .integer).notNull()
                table.column("baseChain", .blob).notNull()
            }
            let chain = Data(AuditHead.start.chain)
            try database.execute(sql: "INSERT INTO audit VALUES (1, 0, ?, 0, ?)", arguments: [chain, chain])
            try database.execute(sql: "PRAGMA user_version = \(schema)")
        }
        return migrator
    }

    private static func attempt<T>(_ operation: String, _ body: () throws -> T) throws(StoreError) -> T {
        do { return try body() } catch {
            throw StoreError(operation, error)
        }
    }

    /// Runs `body` in one transaction: it is all there after a crash, or none of it.
    func write<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try Self.attempt(operation) { try queue.write(body) }
    }

    func read<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try Self.attempt(operation) { try queue.read(body) }
    }

    /// Writes the log into the database and empties it, so that nothing of what was deleted is left in either.
    func erase() throws(StoreError) {
        try Self.attempt("emptying the catalogue's log") {
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    /// Writes to the catalogue what it says already.
    func touch() throws(StoreError) {
        try write("writing to the catalogue") { try $0.execute(sql: "PRAGMA user_version = \(Self.schema)") }
    }

    /// - Throws: where the catalogue is damaged.
    func checkWhole() throws(StoreError) {
        let found = try read("checking the catalogue") { try String.fetchAll($0, sql: "PRAGMA quick_check") }
        guard found == ["ok"] else {
            throw .damaged(file: "catalogue.sqlite", reason: found.first ?? "the check says nothing")
        }
    }

    /// Has nobody write to the catalogue while `body` runs.
    func alone<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try Self.attempt(operation) { try queue.writeWithoutTransaction(body) }
    }
}
