import Foundation

/// What Ctrl-C does.
enum Interruption {
    /// Runs `body`, then ends the process as SIGINT does.
    static func onInterrupt(_ body: @escaping @Sendable () -> Void) {
        Signals.hear([SIGINT])
        let thread = Thread {
            _ = Signals.next()
            body()
            _exit(130)
        }
        thread.start()
    }
}
