import Foundation

extension StateFolder {
    /// Writes a file so that after a crash it is there whole, or as it was before: temporary file, fsync, rename, fsync of
    /// the folder.
    /// - Parameter path: relative to the state folder; made by us, never by a client.
    public func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let file = folder.appending(path: path)
        let parent = file.deletingLastPathComponent()
        let temporary = parent.appending(path: ".\(file.lastPathComponent).tmp")
        try Self.filing("writing \(file.path)") {
            if !FileManager.default.fileExists(atPath: parent.path) {
                try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
                try Self.sync(parent.deletingLastPathComponent())
            }
            do {
                try Data(bytes).write(to: temporary)
                try Self.sync(temporary)
            } catch {
                try? FileManager.default.removeItem(at: temporary)
                throw error
            }
            guard unsafe rename(temporary.path, file.path) == 0 else {
                throw CocoaError(.fileWriteUnknown, userInfo: ["errno": errno])
            }
            try Self.sync(parent)
        }
    }

    /// Reads a file; nil where there is none.
    public func read(_ path: String) throws(StoreError) -> [UInt8]? {
        let file = folder.appending(path: path)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try Self.filing("reading \(file.path)") { [UInt8](try Data(contentsOf: file)) }
    }

    /// Removes a file or a folder; nothing happens where there is none.
    public func remove(_ path: String) throws(StoreError) {
        let file = folder.appending(path: path)
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        try Self.filing("removing \(file.path)") {
            try FileManager.default.removeItem(at: file)
            try Self.sync(file.deletingLastPathComponent())
        }
    }

    /// The names in a folder, hidden ones too; none where there is no folder.
    public func list(_ path: String) throws(StoreError) -> [String] {
        let file = folder.appending(path: path)
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try Self.filing("listing \(file.path)") {
            try FileManager.default.contentsOfDirectory(atPath: file.path)
        }
    }

    /// Bytes of all files in a folder and below it; 0 where there is none.
    public func size(of path: String) -> Int {
        let files = FileManager.default.enumerator(
            at: folder.appending(path: path), includingPropertiesForKeys: [.fileSizeKey])
        var size = 0
        while let file = files?.nextObject() as? URL {
            size += (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        }
        return size
    }

    private static func sync(_ file: URL) throws {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        try handle.synchronize()
    }

    private static func filing<T>(_ operation: String, _ body: () throws -> T) throws(StoreError) -> T {
        do { return try body() } catch {
            throw .unavailable(operation: operation, reason: "\(error)")
        }
    }
}
