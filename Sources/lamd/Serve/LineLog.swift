import Logging

/// One line a message, in the form that `LogFormat` says.
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
        var fields = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        if let error = event.error { fields["error"] = "\(error)" }
        sink.write("\(event.message)", level: event.level, fields: fields)
    }
}
