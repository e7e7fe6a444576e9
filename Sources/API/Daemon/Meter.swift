import Hosting
import Synchronization

/// Counts requests and their durations, and writes them in Prometheus' text format 0.0.4.
final class Meter: Sendable {
    /// Upper bounds in nanoseconds: from a step on a warm cache to a long rollout.
    private static let buckets: [UInt64] = [
        10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    ]

    private struct Series {
        /// How often each status was answered: a handful, in the order in which they first were.
        var requests: [(status: Int, count: UInt64)] = []
        var counts = Array(repeating: UInt64(0), count: buckets.count + 1)
        var nanoseconds: UInt64 = 0

        mutating func count(_ status: Int) {
            if let place = requests.firstIndex(where: { $0.status == status }) {
                requests[place].count += 1
            } else {
                requests.append((status, 1))
            }
        }
    }

    private let operations: [String]
    private let version: String
    private let series: [Mutexed]

    /// An array cannot hold a mutex itself.
    private final class Mutexed: Sendable {
        let series = Mutex(Series())
    }

    /// - Parameter version: of the program.
    init(operations: [String], version: String) {
        self.operations = operations + ["none"]
        self.version = version
        series = self.operations.map { _ in Mutexed() }
    }

    /// - Parameter place: of the operation among those given; nil where no route was found.
    func record(_ place: Int?, status: Int, nanoseconds: UInt64) {
        let bucket = Self.buckets.firstIndex { nanoseconds <= $0 } ?? Self.buckets.count
        series[place ?? series.count - 1].series.withLock { series in
            series.count(status)
            series.counts[bucket] += 1
            series.nanoseconds += nanoseconds
        }
    }

    func exposition(_ gauges: [Gauge]) -> String {
        var text = """
            # HELP http_server_requests_total Requests answered, by operation and status; 0 where the client left.
            # TYPE http_server_requests_total counter

            """
        let all = zip(operations, series.map { $0.series.withLock { $0 } })
        for (operation, series) in all {
            for (status, count) in series.requests.sorted(by: { $0.status < $1.status }) {
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
                text += "\(name)_bucket{operation=\"\(operation)\",le=\"\(Double(bound) / 1e9)\"} \(total)\n"
            }
            total += series.counts[Self.buckets.count]
            text += "\(name)_bucket{operation=\"\(operation)\",le=\"+Inf\"} \(total)\n"
            text += "\(name)_sum{operation=\"\(operation)\"} \(Double(series.nanoseconds) / 1e9)\n"
            text += "\(name)_count{operation=\"\(operation)\"} \(total)\n"
        }
        let build = Gauge(name: "lamd_build_info", by: "version", [(version, 1)], help: "What runs.")
        for gauge in [build] + gauges {
            text +=
                "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) \(gauge.isCounter ? "counter" : "gauge")\n"
            for (label, value) in gauge.samples { text += "\(gauge.name)\(label) \(value)\n" }
        }
        return text
    }
}
