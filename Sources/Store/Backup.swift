import Foundation
import GRDB

/// A backup that somebody has: checked, and brought back.
public struct Backup {
    private let queue: DatabaseQueue
    private let entries: [BackupArchive.Entry]

    /// - Throws: ``StoreError/invalidBackup(_:)`` where it is none, or a part of one.
    public init(_ file: URL) throws(StoreError) {
        let (queue, entries, schema) = try BackupArchive.open(file.path)
        guard schema <= StateFolder.schema else {
            throw .invalidBackup(
                "it has schema \(schema), this lamd knows up to \(StateFolder.schema); use the newer lamd")
        }
        (self.queue, self.entries) = (queue, entries)
    }

    public var fileCount: Int { entries.count }
    /// Of all files together.
    public var byteCount: Int { entries.reduce(0) { $0 + $1.size } }

    /// Reads everything, and compares it with its checksums.
    public func check() throws(StoreError) {
        try read { _ in { _ in } }
    }

    /// Puts what it holds into a folder that is not there yet, or is empty.
    /// - Parameter force: whether a folder that is not empty is moved aside.
    /// - Returns: where the old folder is now.
    public func restore(to folder: URL, force: Bool, at time: Double) throws(StoreError) -> URL? {
        let target = Self.trimmed(folder.path)
        let staging = "\(target).restoring"
        guard Self.isEmpty(target) || force else { throw .exists(folder: target) }
        // Held until the end, so that no daemon starts in it meanwhile.
        let lock = Self.isEmpty(target) ? nil : try FileLock(URL(filePath: "\(target)/lock"))
        try? FileManager.default.removeItem(atPath: staging)
        do {
            try lay(in: staging)
            let old = try swap(staging, target, at: time)
            _ = lock
            return old.map { URL(filePath: $0, directoryHint: .isDirectory) }
        } catch {
            try? FileManager.default.removeItem(atPath: staging)
            throw error
        }
    }

    /// Makes a state folder of it.
    /// - Precondition: there is nothing of this name.
    func lay(in folder: String) throws(StoreError) {
        try extract(to: folder)
        // Opening it checks the catalogue, and brings it up to date.
        let state = try StateFolder(URL(filePath: folder, directoryHint: .isDirectory))
        try state.checkWhole()
    }

    private func extract(to folder: String) throws(StoreError) {
        var folders: Set<String> = [folder]
        try StateFolder.filing("making \(folder)") { () throws(SystemFault) in try FileSystem.makeFolder(folder) }
        try read { name in
            let path = "\(folder)/\(name)"
            let parent = StateFolder.split(path).parent
            folders.insert(parent)
            try FileSystem.makeFolder(parent)
            try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL).sync()
            return { bytes in
                let descriptor = try Descriptor(opening: path, O_WRONLY | O_APPEND)
                try descriptor.write(bytes.span)
                try descriptor.sync()
            }
        }
        for path in folders {
            try StateFolder.filing("writing \(path)") { () throws(SystemFault) in try FileSystem.sync(folder: path) }
        }
    }

    private func read(_ begin: (String) throws -> ([UInt8]) throws -> Void) throws(StoreError) {
        do {
            try queue.read { database in
                for entry in entries { try BackupArchive.read(entry, from: database, try begin(entry.name)) }
            }
        } catch {
            if let error = error as? DatabaseError { throw .invalidBackup("\(error)") }
            throw StoreError("restoring the backup", error)
        }
    }

    private func swap(_ staging: String, _ target: String, at time: Double) throws(StoreError) -> String? {
        try StateFolder.filing("putting \(target) in place") { () throws(SystemFault) in
            var old: String?
            if Self.isEmpty(target) {
                _ = unsafe rmdir(target)
            } else {
                old = "\(target).before-\(Int(time))"
                try FileSystem.move(target, to: old ?? "")
            }
            try FileSystem.move(staging, to: target)
            try FileSystem.sync(folder: StateFolder.split(target).parent)
            return old
        }
    }

    /// Also where there is none.
    private static func isEmpty(_ folder: String) -> Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).isEmpty
    }

    private static func trimmed(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return absolute.count > 1 && absolute.hasSuffix("/") ? String(absolute.dropLast()) : absolute
    }
}
