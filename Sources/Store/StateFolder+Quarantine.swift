import Foundation
import Synchronization

/// Files that are not what was written: not deleted, but put aside, where somebody can look at them.
extension StateFolder {
    private static let folderName = "quarantine"

    /// Files that were put aside, also by earlier runs.
    public var quarantinedFiles: Int { quarantined.load(ordering: .relaxed) }

    /// Puts a file aside.
    /// - Returns: where it is now, relative to the state folder.
    public func quarantine(_ path: String) throws(StoreError) -> String {
        var place = "\(Self.folderName)/\(path)"
        var number = 1
        while FileSystem.exists(self.path(place)) {
            number += 1
            place = "\(Self.folderName)/\(path).\(number)"
        }
        let (from, to) = (self.path(path), self.path(place))
        try Self.filing("moving \(from) to \(to)") { () throws(SystemFault) in
            try FileSystem.makeFolder(Self.split(to).parent)
            try FileSystem.move(from, to: to)
            try FileSystem.sync(folder: Self.split(to).parent)
            try FileSystem.sync(folder: Self.split(from).parent)
        }
        quarantined.add(1, ordering: .relaxed)
        return place
    }

    /// Removes what was put aside of a folder whose owner wants nothing of it left.
    public func forgetQuarantined(_ path: String) throws(StoreError) {
        try remove("\(Self.folderName)/\(path)")
        countQuarantined()
    }

    func countQuarantined() {
        let files = (try? FileManager.default.subpathsOfDirectory(atPath: path(Self.folderName))) ?? []
        var isFolder = ObjCBool(false)
        let count = files.count { name in
            _ = unsafe FileManager.default.fileExists(
                atPath: path("\(Self.folderName)/\(name)"), isDirectory: &isFolder)
            return !isFolder.boolValue
        }
        quarantined.store(count, ordering: .relaxed)
    }

    /// Removes what was being written when a process ended.
    func removeTemporaries() throws(StoreError) {
        for path in (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? [] {
            let name = path.split(separator: "/").last ?? ""
            if name.hasPrefix("."), name.hasSuffix(".tmp") { try remove(path) }
        }
    }

    /// Reads every file that was there when the folder was opened, and tells which are damaged.
    /// - Parameters:
    ///   - isStopped: asked before each file.
    ///   - onDamage: is told a path and a clause that says what is wrong.
    /// - Returns: how many files were read.
    public func verifyFiles(until isStopped: () -> Bool, onDamage: (_ path: String, _ reason: String) -> Void) -> Int {
        let sealed = [".safetensors", ".json"]
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        var count = 0
        for path in paths
        where sealed.contains(where: path.hasSuffix) && !path.hasPrefix(Self.folderName + "/") && !Self.isAside(path) {
            if isStopped() { break }
            count += 1
            // Twice, so that nobody's newer file is taken for it.
            if let reason = damage(path), damage(path) == reason { onDamage(path, reason) }
        }
        return count
    }

    private func damage(_ path: String) -> String? {
        do throws(StoreError) {
            guard var bytes = try contents(path) else { return nil }
            do { if try Seal.open(&bytes) { return nil } } catch { return error.reason }
            if path.hasSuffix(".safetensors") { _ = try Safetensors(parsing: bytes) }
            return nil
        } catch {
            guard case .invalidTensors = error else { return nil }
            return "\(error)"
        }
    }
}
