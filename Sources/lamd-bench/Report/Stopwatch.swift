/// Times what is too short to be timed alone.
enum Stopwatch {
    /// Repeats `body`, which says how many things it did, until that much time has gone.
    /// - Returns: things a second.
    static func rate(atLeast time: Duration, _ body: () throws -> Int) rethrows -> Double {
        var done = try body()  // Caches and buffers are warm from here on.
        done = 0
        let start = ContinuousClock.now
        var elapsed = Duration.zero
        while elapsed < time {
            done += try body()
            elapsed = .now - start
        }
        return Double(done) / (elapsed / .seconds(1))
    }
}
