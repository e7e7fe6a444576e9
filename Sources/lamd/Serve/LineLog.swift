import Foundation
import Logging

/// One line a message on stderr: time, level, text, `key=value`. Under systemd, where the journal keeps the time, the
/// line begins with the priority instead (sd-daemon(3)).
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let isJournal: Bool

    init(level: Logger.Level) {
        logLevel = level
        isJournal = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let lead =
            isJournal
            ? "<\(event.level.priority)>"
            : "\(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))) \(event.level) "
        let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let line = lead + "\(event.message)" + pairs.map { " \($0.key)=\($0.value)" }.joined() + "\n"
        FileHandle.standardError.write(Data(line.utf8))
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
