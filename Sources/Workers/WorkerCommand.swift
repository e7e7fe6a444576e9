import CGymnasiumWorker

/// How a worker is started.
public struct WorkerCommand: Sendable {
    /// The program, looked for along PATH, and what it is told.
    public let arguments: [String]
    /// A text that the program finds at descriptor 4.
    let script: [UInt8]?

    /// A command line, as a shell reads it.
    public init(shell line: String) {
        arguments = ["/bin/sh", "-c", "exec " + line]
        script = nil
    }

    /// Our own worker for Gymnasium.
    /// - Parameter python: an interpreter that finds gymnasium.
    public init(gymnasium python: String) {
        arguments = [python, "/dev/fd/4"]
        var count = 0
        let start = gymnasium_worker(&count)
        script = Array(UnsafeBufferPointer(start: start, count: count))
    }
}

/// What the workers of one kind may take.
public struct WorkerLimits: Sendable {
    /// Processes side by side.
    public var processes = 2
    /// Environments of all its processes together.
    public var environments = 4096
    /// How long a worker may take for one request. Making environments, which imports what they need, has a minute at least.
    public var timeout = Duration.seconds(30)
    /// Bytes of memory, for each process.
    public var memory: UInt64 = 4 << 30
    /// Seconds of processor time, for each process; 0 for as many as it likes.
    public var processorSeconds: UInt64 = 0

    public init() {}

    var timeoutOfMake: Duration { max(timeout, .seconds(60)) }
}
