import Foundation
import Synchronization

/// A backup brought back into a folder that is in use: it is laid ready inside, whole and checked, and takes the place of
/// what is there when the folder is opened next. Wherever a crash interrupts that, opening the folder goes on with it.
extension StateFolder {
    /// Begins the name of a folder that has what is to come in, while what was there before may still be in its place.
    private static let arriving = ".arriving-"
    /// The same, once all that was there before is aside.
    private static let entering = ".entering-"
    /// Begins the name of the folder that what was there before is moved to.
    private static let aside = "before-"

    /// Lays a backup ready for when the folder is opened next.
    /// - Returns: how many files it has.
    /// - Throws: ``StoreError/invalidBackup(_:)`` where it is none, or damaged; everything stays as it was.
    public func layReady(_ archive: Span<UInt8>, at time: Double) throws(StoreError) -> Int {
        guard !isBackingUp.exchange(true, ordering: .acquiringAndReleasing) else { throw .backingUp }
        defer { isBackingUp.store(false, ordering: .releasing) }
        let (file, staging) = (".restore.tmp", ".restoring.tmp")
        defer { for temporary in [file, staging] { try? remove(temporary) } }
        try checkRoom(for: archive.count)
        let place = path(file)
        try Self.filing("writing \(place)") { () throws(SystemFault) in
            try Descriptor(opening: place, O_WRONLY | O_CREAT | O_TRUNC).write(archive)
        }
        let backup = try Backup(URL(filePath: place))
        try checkRoom(for: backup.byteCount)
        try backup.lay(in: path(staging))
        for old in try list("") where old.hasPrefix(Self.arriving) { try remove(old) }
        var number = Int(time)
        while FileSystem.exists(path("\(Self.aside)\(number)")) { number += 1 }
        let target = path("\(Self.arriving)\(number)")
        try Self.filing("making \(target)") { () throws(SystemFault) in
            try FileSystem.move(path(staging), to: target)
            try FileSystem.sync(folder: folder.path)
        }
        return backup.fileCount
    }

    /// Puts in place what was laid ready.
    /// - Precondition: the folder is locked, and nothing in it is open.
    /// - Returns: the folder that has what was there before; nil where nothing was laid ready.
    static func takeArrived(in folder: String) throws(StoreError) -> String? {
        try filing("putting a backup in place in \(folder)") { () throws(SystemFault) in
            if let number = try number(of: arriving, in: folder) {
                let old = "\(folder)/\(aside)\(number)"
                try FileSystem.makeFolder(old)
                try moveAll(from: folder, to: old) { !$0.hasPrefix(arriving) && !$0.hasPrefix(aside) }
                try FileSystem.move("\(folder)/\(arriving)\(number)", to: "\(folder)/\(entering)\(number)")
                try FileSystem.sync(folder: folder)
            }
            guard let number = try number(of: entering, in: folder) else { return nil }
            let entering = "\(folder)/\(entering)\(number)"
            try moveAll(from: entering, to: folder) { _ in true }
            try FileSystem.removeFile("\(entering)/lock")
            guard unsafe rmdir(entering) == 0 else { throw .latest }
            return "\(folder)/\(aside)\(number)"
        }
    }

    /// Whether a path within the folder belongs to what was there before a backup was brought back.
    static func isAside(_ path: String) -> Bool { path.hasPrefix(aside) }

    private static func number(of prefix: String, in folder: String) throws(SystemFault) -> Substring? {
        try FileSystem.names(in: folder).first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
    }

    /// All but the lock, which says that the folder itself is in use.
    private static func moveAll(
        from folder: String, to other: String, where isMeant: (String) -> Bool
    ) throws(SystemFault) {
        for name in try FileSystem.names(in: folder) where name != "lock" && isMeant(name) {
            try FileSystem.move("\(folder)/\(name)", to: "\(other)/\(name)")
        }
        try FileSystem.sync(folder: other)
        try FileSystem.sync(folder: folder)
    }
}
