import Glibc

/// The signals that ask the process to end or to look up. A handler writes them into a pipe, which one thread reads: to
/// block them everywhere and to wait for them is not enough, because OpenBLAS starts threads before `main` that block
/// nothing.
enum Signals {
    private static let all = [SIGTERM, SIGINT, SIGHUP]
    /// No signal's number: the process is to begin anew.
    static let restart: Int32 = 0
    private static let ends = {
        var ends: [Int32] = [-1, -1]
        let status = pipe(&ends)
        precondition(status == 0, "the process has no descriptor left")
        return (read: ends[0], write: ends[1])
    }()

    /// From here on `next` returns these. To be called before any other thread starts: those to come are never interrupted.
    static func hear(_ signals: [Int32] = all) {
        _ = ends  // A handler must not be the one to make them.
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { Signals.note($0) }
            action.sa_flags = SA_RESTART
            sigaction(signal, &action, nil)
        }
        // A file that may not grow is an error of that write, not the end.
        Glibc.signal(SIGXFSZ, SIG_IGN)
        mask(SIG_BLOCK)
    }

    /// Waits for the next one.
    static func next() -> Int32 {
        mask(SIG_UNBLOCK)
        var signal: UInt8 = 0
        while read(ends.read, &signal, 1) != 1 {}
        return Int32(signal)
    }

    /// Ends the process at once, as the signal does where nobody hears it.
    static func die(of signal: Int32) {
        Glibc.signal(signal, SIG_DFL)
        kill(getpid(), signal)
        mask(SIG_UNBLOCK)
    }

    /// Makes `next` return SIGTERM, from any thread.
    static func requestStop() { note(SIGTERM) }

    /// Makes `next` return ``restart``, from any thread.
    static func requestRestart() { note(restart) }

    /// Only what a signal handler may do.
    private static func note(_ signal: Int32) {
        let before = errno
        var byte = UInt8(truncatingIfNeeded: signal)
        write(ends.write, &byte, 1)
        errno = before
    }

    private static func mask(_ how: Int32) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in all { sigaddset(&set, signal) }
        pthread_sigmask(how, &set, nil)
    }
}
