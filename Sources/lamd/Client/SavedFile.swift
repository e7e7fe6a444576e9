import Foundation

/// A file that is written as it comes, and is on disk before it gets its name.
final class SavedFile {
    private let path: String
    private let handle: FileHandle
    private var fault: (any Error)?

    init(_ path: String) throws(ClientError) {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw .malformedArgument(name: "--output", reason: "\(path) cannot be written") }
        self.handle = handle
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        guard fault == nil else { return }
        do { try handle.write(contentsOf: bytes) } catch { fault = error }
    }

    func finish() throws(ClientError) {
        do {
            if let fault { throw fault }
            try handle.synchronize()
            try handle.close()
        } catch {
            throw .malformedArgument(name: "--output", reason: "\(path) cannot be written: \(error)")
        }
    }

    func rename(to other: String) throws(ClientError) {
        guard Foundation.rename(path, other) == 0 else {
            throw .malformedArgument(
                name: "--output", reason: "\(other) cannot be written: \(String(cString: strerror(errno)))")
        }
        do { try FileHandle(forReadingFrom: URL(filePath: other).deletingLastPathComponent()).synchronize() } catch {
            throw .malformedArgument(name: "--output", reason: "\(other) is written, but may be lost: \(error)")
        }
    }
}
