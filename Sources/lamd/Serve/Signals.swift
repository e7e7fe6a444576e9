import Glibc

/// The signals that the process waits for in one thread, rather than be interrupted by.
enum Signals {
    private static var awaited: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    /// Blocks them in this thread and in those that it will start; SIGPIPE is ignored, a write says what happened.
    static func block() {
        var set = awaited
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    static func next() -> Int32 {
        var set = awaited
        var received: Int32 = 0
        sigwait(&set, &received)
        return received
    }

    /// Ends the process at once, as the signal does where nobody waits for it.
    static func die(of signal: Int32) {
        var set = awaited
        kill(getpid(), signal)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Makes `next` return SIGTERM, from any thread.
    static func requestStop() { kill(getpid(), SIGTERM) }
}
