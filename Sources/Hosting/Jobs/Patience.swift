import Foundation

/// Tries again for a few seconds where the disk refuses: long work shall not be lost for a moment's lack of room.
func patiently<R>(_ job: Job, _ body: () throws(HostingError) -> R) throws(HostingError) -> R {
    for delay in [0.1, 0.4, 1, 2] {
        do { return try body() } catch {
            guard case .store = error, !job.isPaused else { throw error }
            Thread.sleep(forTimeInterval: delay)
        }
    }
    return try body()
}
