import Foundation
import GRDB
import Synchronization

/// A copy of everything as it was at one moment, made while the folder is in use.
///
/// While nobody writes to the catalogue, it is copied (`VACUUM INTO`) and the files get a second name: a file is written
/// before the row that needs it and removed after, and is never changed in place. Only logs grow, those of sessions and the
/// latest segment of the audit log; they are copied, before the sessions' bases, so that a base that comes between is the
/// newer one.
extension StateFolder {
    /// Makes an archive in the state folder, which belongs to the caller.
    /// - Returns: its path.
    /// - Throws: ``StoreError/backingUp`` while another is being made.
    public func backUp(at time: Double) throws(StoreError) -> String {
        guard !isBackingUp.exchange(true, ordering: .acquiringAndReleasing) else { throw .backingUp }
        defer { isBackingUp.store(false, ordering: .releasing) }
        let name = ".backup-\(UInt64.random(in: .min ... .max))"
        let (staging, archive) = ("\(name).files.tmp", path("\(name).tmp"))
        defer { try? remove(staging) }
        let files = try stage(in: staging)
        do {
            try BackupArchive.write(
                files.map { ($0, path("\(staging)/\($0)")) }, to: archive, schema: Self.schema, at: time)
        } catch {
            try? remove("\(name).tmp")
            throw error
        }
        return archive
    }

    /// - Returns: the files that are in `staging` now.
    private func stage(in staging: String) throws(StoreError) -> [String] {
        try alone("copying the state folder") { database in
            let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
            let files = paths.filter { Self.belongs($0) && isFile($0) }
            let latest = files.filter { $0.hasPrefix(AuditLog.folder + "/") }.max()
            func grows(_ file: String) -> Bool { file.contains("/log-") || file == latest }
            let logs = files.filter(grows)
            try checkRoom(for: sizes(of: files))
            try FileSystem.makeFolder(path(staging))
            var staged: [String] = []
            for file in logs + files.filter({ !grows($0) }) {
                let copy = path("\(staging)/\(file)")
                try FileSystem.makeFolder(Self.split(copy).parent)
                do throws(SystemFault) {
                    if grows(file) {
                        let source = try Descriptor(opening: path(file), O_RDONLY)
                        let bytes = try source.read(try source.size)
                        try Descriptor(opening: copy, O_WRONLY | O_CREAT | O_EXCL).write(bytes.span)
                    } else {
                        try FileSystem.link(path(file), to: copy)
                    }
                } catch {
                    // Removed meanwhile: no row needs it.
                    guard error.code == ENOENT else { throw error }
                    continue
                }
                staged.append(file)
            }
            try database.execute(sql: "VACUUM INTO ?", arguments: [path("\(staging)/\(BackupArchive.catalogue)")])
            return staged + [BackupArchive.catalogue]
        }
    }

    /// Twice what the files have: the catalogue is among them, and is copied twice.
    private func sizes(of files: [String]) -> Int {
        let catalogue = (try? Descriptor(opening: path(BackupArchive.catalogue), O_RDONLY).size) ?? 0
        return files.reduce(2 * catalogue) { $0 + ((try? Descriptor(opening: path($1), O_RDONLY).size) ?? 0) }
    }

    private static func belongs(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let first = parts.first, !parts.contains(where: { $0.hasPrefix(".") }) else { return false }
        return first != "quarantine" && first != "lock" && !first.hasPrefix(BackupArchive.catalogue) && !isAside(path)
    }

    private func isFile(_ path: String) -> Bool {
        var isFolder = ObjCBool(false)
        return unsafe FileManager.default.fileExists(atPath: self.path(path), isDirectory: &isFolder)
            && !isFolder.boolValue
    }
}
