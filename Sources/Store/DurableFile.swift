import Foundation

extension StateFolder {
    /// Writes a file so that after a crash it is there whole, or as it was before: temporary file, fsync, rename, fsync of
    /// the folder. It is sealed: what is read of it later is what was written.
    /// - Parameter path: relative to the state folder; made by us, never by a client.
    public func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        try checkRoom(for: bytes.count)
        let file = self.path(path)
        let (parent, name) = Self.split(file)
        let temporary = "\(parent)/.\(name).tmp"
        try Self.filing("writing \(file)") { () throws(SystemFault) in
            try FileSystem.makeFolder(parent)
            do throws(SystemFault) {
                let descriptor = try Descriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC)
                try descriptor.write(bytes.span)
                try descriptor.write(Seal.make(for: bytes.span).span)
                try descriptor.sync()
                try FileSystem.move(temporary, to: file)
            } catch {
                try? FileSystem.removeFile(temporary)
                throw error
            }
            try FileSystem.sync(folder: parent)
        }
    }

    /// Reads a file; nil where there is none.
    /// - Throws: ``StoreError/damaged(file:reason:)`` where it is not what was written.
    public func read(_ path: String) throws(StoreError) -> [UInt8]? {
        guard var bytes = try contents(path) else { return nil }
        do { _ = try Seal.open(&bytes) } catch { throw .damaged(file: path, reason: error.reason) }
        return bytes
    }

    /// Reads a file of tensors; nil where there is none.
    /// - Throws: ``StoreError/damaged(file:reason:)`` where it is not what was written.
    public func tensors(_ path: String) throws(StoreError) -> Safetensors? {
        guard let bytes = try read(path) else { return nil }
        do { return try Safetensors(parsing: bytes) } catch { throw .damaged(file: path, reason: "\(error)") }
    }

    /// A file as it is, with its seal.
    func contents(_ path: String) throws(StoreError) -> [UInt8]? {
        let file = self.path(path)
        return try Self.filing("reading \(file)") { () throws(SystemFault) -> [UInt8]? in
            do throws(SystemFault) {
                let descriptor = try Descriptor(opening: file, O_RDONLY)
                return try descriptor.read(try descriptor.size)
            } catch {
                guard error.code == ENOENT else { throw error }
                return nil
            }
        }
    }

    /// Removes a file or a folder; nothing happens where there is none.
    public func remove(_ path: String) throws(StoreError) {
        let file = self.path(path)
        guard FileSystem.exists(file) else { return }
        do {
            try FileManager.default.removeItem(atPath: file)
            try FileSystem.sync(folder: Self.split(file).parent)
        } catch {
            throw StoreError("removing \(file)", (error as? CocoaError)?.systemFault ?? error)
        }
    }

    /// The names in a folder, hidden ones too; none where there is no folder.
    public func list(_ path: String) throws(StoreError) -> [String] {
        let file = self.path(path)
        guard FileSystem.exists(file) else { return [] }
        return try Self.filing("listing \(file)") { () throws(SystemFault) in try FileSystem.names(in: file) }
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

    func path(_ path: String) -> String { folder.appending(path: path).path }

    static func split(_ file: String) -> (parent: String, name: String) {
        (FileSystem.parent(of: file), file.split(separator: "/").last.map(String.init) ?? file)
    }

    static func filing<T>(_ operation: String, _ body: () throws(SystemFault) -> T) throws(StoreError) -> T {
        do { return try body() } catch { throw StoreError(operation, error) }
    }
}

extension CocoaError {
    /// The system call that failed underneath.
    var systemFault: SystemFault? { (underlying as? POSIXError).map { SystemFault(code: $0.code.rawValue) } }
}
