import Glibc

/// Times what is too short to be timed alone.
enum Stopwatch {
    /// Repeats `body`, which says how many things it did, until that much time has gone.
    /// - Parameter clock: what the time is told by.
    /// - Returns: things a second.
    static func rate(
        atLeast time: Duration, by clock: () -> Duration = wall, _ body: () throws -> Int
    ) rethrows -> Double {
        var done = try body()  // Caches and buffers are warm from here on.
        done = 0
        let start = clock()
        var elapsed = Duration.zero
        while elapsed < time {
            done += try body()
            elapsed = clock() - start
        }
        return Double(done) / (elapsed / .seconds(1))
    }

    private static let start = ContinuousClock.now

    static func wall() -> Duration { .now - start }

    /// What the calling thread had of a core: of what keeps one busy it says how long it takes, however many others there
    /// are.
    static func own() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
