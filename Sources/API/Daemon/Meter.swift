import Hosting
import Synchronization

/// Counts requests and their durations, and writes them in Prometheus' text format 0.0.4.
final class Meter: Sendable {
    /// Upper bounds in seconds: from a step on a warm cache to a long rollout.
    private static let buckets = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10]

    private struct Series {
        var requests: [Int: UInt64] = [:]
        var counts = Array(repeating: UInt64(0), count: buckets.count + 1)
        var seconds = 0.0
    }

    private let positions: [String: Int]
    private let operations: [String]
    private let series: [Mutexed]

    /// An array cannot hold a mutex itself.
    private final class Mutexed: Sendable {
        let series = Mutex(Series())
    }

    init(operations: [String]) {
        self.operations = operations + ["none"]
        positions = Dictionary(uniqueKeysWithValues: self.operations.enumerated().map { ($1, $0) })
        series = self.operations.map { _ in Mutexed() }
    }

    /// - Parameter operation: nil where no route was found.
    func record(_ operation: String?, status: Int, nanoseconds: UInt64) {
        guard let position = positions[operation ?? "none"] else { return }
        let seconds = Double(nanoseconds) / 1e9
        let bucket = Self.buckets.firstIndex { seconds <= $0 } ?? Self.buckets.count
        series[position].series.withLock { series in
            series.requests[status, default: 0] += 1
            series.counts[bucket] += 1
            series.seconds += seconds
        }
    }

    func exposition(_ gauges: [Gauge]) -> String {
        var text = """
            # HELP http_server_requests_total Requests answered, by operation and status; 0 where the client left.
            # TYPE http_server_requests_total counter

            """
        let all = zip(operations, series.map { $0.series.withLock { $0 } })
        for (operation, series) in all {
            for (status, count) in series.requests.sorted(by: { $0.key < $1.key }) {
                text += "http_server_requests_total{operation=\"\(operation)\",status=\"\(status)\"} \(count)\n"
            }
        }
        text += """
            # HELP http_server_request_duration_seconds From the request's head to the reply's last byte.
            # TYPE http_server_request_duration_seconds histogram

            """
        for (operation, series) in all where !series.requests.isEmpty {
            let name = "http_server_request_duration_seconds"
            var total: UInt64 = 0
            for (bound, count) in zip(Self.buckets, series.counts) {
                total += count
                text += "\(name)_bucket{operation=\"\(operation)\",le=\"\(bound)\"} \(total)\n"
            }
            total += series.counts[Self.buckets.count]
            text += "\(name)_bucket{operation=\"\(operation)\",le=\"+Inf\"} \(total)\n"
            text += "\(name)_sum{operation=\"\(operation)\"} \(series.seconds)\n"
            text += "\(name)_count{operation=\"\(operation)\"} \(total)\n"
        }
        for gauge in gauges {
            text +=
                "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) \(gauge.isCounter ? "counter" : "gauge")\n"
            text += "\(gauge.name) \(gauge.value)\n"
        }
        return text
    }
}
