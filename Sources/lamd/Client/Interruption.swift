import Foundation

/// What Ctrl-C does.
enum Interruption {
    /// Runs `body`, then ends the process as SIGINT does.
    static func onInterrupt(_ body: @escaping @Sendable () -> Void) {
        var interrupt = sigset_t()
        sigemptyset(&interrupt)
        sigaddset(&interrupt, SIGINT)
        pthread_sigmask(SIG_BLOCK, &interrupt, nil)
        let thread = Thread {
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, SIGINT)
            var received: Int32 = 0
            sigwait(&set, &received)
            body()
            _exit(130)
        }
        thread.start()
    }
}
