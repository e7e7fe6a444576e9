import Logging

/// One line a message: time, level, text, `key=value`. Under systemd, where the journal keeps the time, the line begins
/// with the priority instead (sd-daemon(3)).
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    private let threshold: LogThreshold
    private let sink: LineSink
    /// A logger's own, where one was set.
    private var own: Logger.Level?

    init(threshold: LogThreshold, sink: LineSink) {
        self.threshold = threshold
        self.sink = sink
    }

    var logLevel: Logger.Level {
        get { own ?? threshold.level }
        set { own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = "\(event.message)"
        let pairs = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
        if let error = event.error { text += " error=\(error)" }
        sink.write(text, level: event.level)
    }
}
