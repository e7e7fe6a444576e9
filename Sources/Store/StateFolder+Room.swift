import Foundation

/// Room that is kept back, so that the catalogue can finish what it has begun when the disk is nearly full.
extension StateFolder {
    /// - Parameter bytes: how much is about to be written.
    /// - Throws: ``StoreError/full(operation:reason:)`` where less than the reserve would be left.
    public func checkRoom(for bytes: Int = 0) throws(StoreError) {
        guard reserve > 0 else { return }
        let free = try Self.filing("asking how much room there is") { () throws(SystemFault) in
            try FileSystem.free(at: folder.path)
        }
        guard free - bytes < reserve else { return }
        throw .full(
            operation: "keeping this",
            reason:
                "the disk of \(folder.path) has \(free >> 20) MiB free, of which \(reserve >> 20) MiB are kept back "
                + "(disk_reserve); free some")
    }

    /// Whether files and the catalogue can be written at this moment.
    public func checkWritable() throws(StoreError) {
        try checkRoom()
        try touch()
        let probe = path(".probe-\(UInt64.random(in: .min ... .max)).tmp")
        try Self.filing("writing to \(folder.path)") { () throws(SystemFault) in
            do throws(SystemFault) {
                let descriptor = try Descriptor(opening: probe, O_WRONLY | O_CREAT | O_EXCL)
                try descriptor.write([UInt8](repeating: 0, count: 4096).span)
                try descriptor.sync()
            } catch {
                try? FileSystem.removeFile(probe)
                throw error
            }
            try FileSystem.removeFile(probe)
        }
    }
}
