import Glibc

/// The signals that end the process, waited for by one thread rather than caught by a handler.
enum Signals {
    private static var stopping: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    /// Blocks them in this thread and in those that it will start; SIGPIPE is ignored, a write says what happened.
    static func block() {
        var set = stopping
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    static func waitForStop() {
        var set = stopping
        var received: Int32 = 0
        sigwait(&set, &received)
    }

    /// Ends `waitForStop`, from any thread.
    static func requestStop() { kill(getpid(), SIGTERM) }
}
