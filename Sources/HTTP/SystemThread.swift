import Glibc

/// A thread, which takes no signals: those are for whoever waits for them.
struct SystemThread: @unchecked Sendable {  // a C handle
    private let handle: pthread_t

    init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body)).toOpaque()
        var thread = pthread_t()
        let status = SystemThread.withoutSignals {
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, start)
        }
        precondition(status == 0, "the system has no thread left: \(status)")
        handle = thread
    }

    func join() {
        pthread_join(handle, nil)
    }

    /// Threads inherit the mask of the thread that makes them, those of C libraries too.
    static func withoutSignals<Result>(_ body: () -> Result) -> Result {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return body()
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
