import Logging
import Store

/// Puts files aside that are not what was written, and says so: one line for each.
struct Quarantine: Sendable {
    let store: StateFolder
    let logger: Logger

    /// - Parameters:
    ///   - dependent: what needs the file.
    ///   - remedy: a clause that says what is done without it.
    func take(_ path: String, _ reason: String, of dependent: String, remedy: String) {
        let place: String
        do { place = try store.quarantine(path) } catch { place = "where it was: \(error)" }
        logger.error(
            "a file is damaged and was put aside",
            metadata: [
                "file": "\(path)", "reason": "\(reason)", "of": "\(dependent)", "then": "\(remedy)", "now": "\(place)",
            ])
    }

    /// Tells that something goes on without a file that was put aside before.
    func tell(missing path: String, of dependent: String, remedy: String) {
        logger.error(
            "a file is missing", metadata: ["file": "\(path)", "of": "\(dependent)", "then": "\(remedy)"])
    }
}

extension Hall {
    /// Reads every file in the state folder, on a thread of its own: what is damaged is found before somebody needs it.
    func verifyFiles() {
        let (count, time) = timed {
            store.verifyFiles(until: { isStopped }) { path, reason in
                if agents.lose(path, reason) || demonstrations.lose(path, reason) { return }
                Quarantine(store: store, logger: logger).take(
                    path, reason, of: "a job", remedy: "the job begins with its agent's policy")
            }
        }
        logger.debug("files were verified", metadata: ["count": "\(count)", "ms": "\(time)"])
    }

    private func timed<R>(_ body: () -> R) -> (R, milliseconds: Int) {
        let began = ContinuousClock.now
        let result = body()
        return (result, Int(began.duration(to: .now) / .milliseconds(1)))
    }
}
