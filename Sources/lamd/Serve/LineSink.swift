import Glibc
import Logging

/// Where log lines go. Each is one write of at most `PIPE_BUF` bytes, which the kernel keeps whole whatever other threads
/// write at that moment.
struct LineSink: Sendable {
    private static let capacity = 4096
    private let descriptor: Int32
    private let isJournal: Bool
    var format = LogFormat.auto

    /// - Parameter journal: `$JOURNAL_STREAM`, by which systemd says that the descriptor leads to the journal.
    init(descriptor: Int32 = STDERR_FILENO, journal: String?) {
        self.descriptor = descriptor
        var status = stat()
        isJournal = fstat(descriptor, &status) == 0 && journal == "\(status.st_dev):\(status.st_ino)"
    }

    func write(_ message: String, level: Logger.Level, fields: Logger.Metadata = [:]) {
        let isTimed = format != .auto || !isJournal
        // The journal takes the priority from the line and leaves it out (sd-daemon(3)).
        let prefix = isJournal && format != .plain ? "<\(level.priority)>" : ""
        var line = format.line(
            prefix: prefix, time: isTimed ? Self.time() : nil, level: level, message: message, fields: fields,
            capacity: Self.capacity - 1)
        line.append(UInt8(ascii: "\n"))
        while Glibc.write(descriptor, line, line.count) < 0, errno == EINTR {}
    }

    /// RFC 3339, in UTC, to the millisecond.
    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            let count = strftime(text.baseAddress, 32, "%Y-%m-%dT%H:%M:%S", &parts)
            let date = text[..<count].map { UInt8(bitPattern: $0) }
            let milliseconds = "\(1000 + now.tv_nsec / 1_000_000)".dropFirst()
            return "\(String(decoding: date, as: UTF8.self)).\(milliseconds)Z"
        }
    }
}

extension Logger.Level {
    /// syslog's number.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
