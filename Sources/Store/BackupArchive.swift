import Foundation
import GRDB

/// A backup as one file: an SQLite archive, which `sqlite3 -A` reads too. Large files are in parts, so that none is ever in
/// memory as a whole; a table says of each file how large it is and its checksum, and a last row that nothing is missing.
///
/// https://www.sqlite.org/sqlar.html
enum BackupArchive {
    static let catalogue = "catalogue.sqlite"
    private static let format = 1
    /// "lamd".
    private static let application = 0x6c61_6d64
    private static let partSize = 16 << 20

    /// What an archive holds.
    struct Entry {
        let name: String
        let size: Int
        let checksum: UInt32
        let parts: Int
    }

    // MARK: Writing

    static func write(
        _ files: [(name: String, path: String)], to archive: String, schema: Int, at time: Double
    ) throws(StoreError) {
        do {
            var settings = Configuration()
            // Whoever fetches it checks it; what a crash leaves is removed.
            settings.prepareDatabase { database in
                try database.execute(
                    sql: "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            }
            let queue = try DatabaseQueue(path: archive, configuration: settings)
            try queue.write { database in
                try database.execute(
                    sql: """
                        PRAGMA application_id = \(application);
                        CREATE TABLE sqlar(name TEXT PRIMARY KEY, mode INT, mtime INT, sz INT, data BLOB);
                        CREATE TABLE files(name TEXT PRIMARY KEY, size INT NOT NULL, crc INT NOT NULL, parts INT NOT NULL);
                        CREATE TABLE about(format INT, schema INT, createdAt REAL, files INT);
                        """)
                for file in files { try add(file.name, file.path, at: time, to: database) }
                try database.execute(
                    sql: "INSERT INTO about VALUES (?, ?, ?, ?)", arguments: [format, schema, time, files.count])
            }
            try queue.close()
        } catch {
            throw StoreError("writing the backup", error)
        }
    }

    private static func add(_ name: String, _ path: String, at time: Double, to database: Database) throws {
        let descriptor = try Descriptor(opening: path, O_RDONLY)
        let size = try descriptor.size
        let parts = max((size + partSize - 1) / partSize, 1)
        var checksum: UInt32 = 0
        for part in 0..<parts {
            let bytes = try descriptor.read(min(partSize, size - part * partSize))
            checksum = Seal.checksum(bytes.span, after: checksum)
            try database.execute(
                sql: "INSERT INTO sqlar VALUES (?, ?, ?, ?, ?)",
                arguments: [partName(name, part, of: parts), 0o100600, Int(time), bytes.count, Data(bytes)])
        }
        try database.execute(
            sql: "INSERT INTO files VALUES (?, ?, ?, ?)", arguments: [name, size, Int64(checksum), parts])
    }

    private static func partName(_ name: String, _ part: Int, of parts: Int) -> String {
        parts == 1 ? name : "\(name).part\(part)"
    }

    // MARK: Reading

    static func open(_ archive: String) throws(StoreError) -> (queue: DatabaseQueue, entries: [Entry], schema: Int) {
        guard FileSystem.exists(archive) else { throw .invalidBackup("there is no file \(archive)") }
        var settings = Configuration()
        settings.readonly = true
        do {
            let queue = try DatabaseQueue(path: archive, configuration: settings)
            return try queue.read { database in
                guard try Int.fetchOne(database, sql: "PRAGMA application_id") == application else {
                    throw StoreError.invalidBackup("it is no archive of lamd")
                }
                guard let about = try Row.fetchOne(database, sql: "SELECT * FROM about") else {
                    throw StoreError.invalidBackup("it ends too early")
                }
                guard about["format"] == format else {
                    throw StoreError.invalidBackup("it has format \(about["format"] as Int), not \(format)")
                }
                let entries = try Row.fetchAll(database, sql: "SELECT * FROM files ORDER BY name").map { row in
                    Entry(
                        name: row["name"], size: row["size"], checksum: UInt32(truncatingIfNeeded: row["crc"] as Int64),
                        parts: row["parts"])
                }
                guard about["files"] == entries.count, entries.contains(where: { $0.name == catalogue }) else {
                    throw StoreError.invalidBackup("files are missing")
                }
                guard let stranger = entries.first(where: { !isHarmless($0.name) }) else {
                    return (queue, entries, about["schema"])
                }
                throw StoreError.invalidBackup("it has a file \(stranger.name)")
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .invalidBackup("\(error)")
        }
    }

    /// An archive may be anybody's.
    private static func isHarmless(_ name: String) -> Bool {
        !name.hasPrefix("/") && !name.isEmpty && !name.contains("\0")
            && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".")
            }
    }

    /// Reads a file part by part, and checks it.
    static func read(_ entry: Entry, from database: Database, _ take: ([UInt8]) throws -> Void) throws {
        var (size, checksum) = (0, UInt32(0))
        for part in 0..<entry.parts {
            let data = try Data.fetchOne(
                database, sql: "SELECT data FROM sqlar WHERE name = ?",
                arguments: [partName(entry.name, part, of: entry.parts)])
            guard let data else { throw StoreError.invalidBackup("a part of \(entry.name) is missing") }
            let bytes = [UInt8](data)
            size += bytes.count
            checksum = Seal.checksum(bytes.span, after: checksum)
            try take(bytes)
        }
        guard size == entry.size, checksum == entry.checksum else {
            throw StoreError.invalidBackup("\(entry.name) is damaged")
        }
    }
}
