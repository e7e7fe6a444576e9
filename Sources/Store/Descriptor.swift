import Foundation
import Glibc

/// Why a system call failed.
struct SystemFault: Error {
    let code: Int32

    /// Of the call before.
    static var latest: SystemFault { SystemFault(code: errno) }

    var reason: String { unsafe String(cString: strerror(code)) }
    var isLackOfRoom: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }
}

/// An open file, closed when it is let go of.
struct Descriptor: ~Copyable {
    private let number: Int32

    init(opening path: String, _ flags: Int32) throws(SystemFault) {
        // What is stored is closed, also by a throw: only what was opened may be.
        let opened = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .latest }
        number = opened
    }

    deinit { close(number) }

    func write(_ bytes: Span<UInt8>) throws(SystemFault) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.extracting(done...).withUnsafeBytes { buffer in
                unsafe Glibc.write(number, buffer.baseAddress, buffer.count)
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw .latest
            }
            done += count
        }
    }

    /// At most so many bytes from where the call before ended; fewer only at the end.
    func read(_ limit: Int) throws(SystemFault) -> [UInt8] {
        var fault: SystemFault?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, done in
            while done < limit {
                let count = unsafe Glibc.read(number, buffer.baseAddress.map { unsafe $0 + done }, limit - done)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { fault = .latest }
                if count <= 0 { break }
                done += count
            }
        }
        if let fault { throw fault }
        return bytes
    }

    var size: Int {
        get throws(SystemFault) {
            var about = stat()
            guard unsafe fstat(number, &about) == 0 else { throw .latest }
            return Int(about.st_size)
        }
    }

    func cut(to size: Int) throws(SystemFault) { guard ftruncate(number, off_t(size)) == 0 else { throw .latest } }

    func sync() throws(SystemFault) { guard fsync(number) == 0 else { throw .latest } }
    /// Without what is known of the file beside its size.
    func syncData() throws(SystemFault) { guard fdatasync(number) == 0 else { throw .latest } }
}

/// What is done to files by name, so that it survives the loss of power.
enum FileSystem {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func sync(folder: String) throws(SystemFault) {
        try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).sync()
    }

    /// Makes a folder with those above it that are missing.
    static func makeFolder(_ path: String) throws(SystemFault) {
        guard !exists(path) else { return }
        let parent = parent(of: path)
        try makeFolder(parent)
        guard unsafe mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return }
            throw .latest
        }
        do { try sync(folder: parent) } catch {
            // Whoever comes next must not take it for one that is on disk.
            _ = unsafe rmdir(path)
            throw error
        }
    }

    static func move(_ path: String, to other: String) throws(SystemFault) {
        guard unsafe rename(path, other) == 0 else { throw .latest }
    }

    static func link(_ path: String, to other: String) throws(SystemFault) {
        guard unsafe Glibc.link(path, other) == 0 else { throw .latest }
    }

    static func removeFile(_ path: String) throws(SystemFault) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .latest }
    }

    /// What is in a folder, hidden ones too.
    static func names(in folder: String) throws(SystemFault) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw (error as? CocoaError)?.systemFault ?? SystemFault(code: EIO)
        }
    }

    /// Bytes that are left for whoever is not root.
    static func free(at path: String) throws(SystemFault) -> Int {
        var about = statvfs()
        guard unsafe statvfs(path, &about) == 0 else { throw .latest }
        return Int(
            clamping: UInt64(about.f_bavail).multipliedReportingOverflow(by: UInt64(about.f_frsize)).partialValue)
    }

    /// The folder that a file or a folder is in.
    static func parent(of path: String) -> String {
        let trimmed = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
}
