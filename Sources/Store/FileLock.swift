import Foundation

/// An advisory lock on a file, held for the life of the process: the kernel lets go of it even after SIGKILL.
final class FileLock: Sendable {
    private let descriptor: Int32

    init(_ file: URL) throws(StoreError) {
        let opened = unsafe open(file.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw StoreError("opening \(file.path)", SystemFault.latest)
        }
        // Stored from here on, so that a throw closes it.
        descriptor = opened
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw .locked(folder: file.deletingLastPathComponent().path)
        }
    }

    deinit { close(descriptor) }
}
