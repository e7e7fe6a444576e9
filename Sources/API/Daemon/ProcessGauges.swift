import Foundation
import Hosting

/// What the process takes of the machine, by the names that Prometheus' own clients use.
enum ProcessGauges {
    private static let start = Date().timeIntervalSince1970

    /// To be called early: from here on the process counts as started.
    static func begin() { _ = start }

    static var all: [Gauge] {
        [
            Gauge(
                name: "process_cpu_seconds_total", value: Double(clock()) / Double(CLOCKS_PER_SEC),
                help: "Processor time of all threads.", isCounter: true),
            Gauge(name: "process_resident_memory_bytes", value: residentBytes, help: "Memory that is resident."),
            Gauge(name: "process_open_fds", value: openDescriptors, help: "Open file descriptors."),
            Gauge(name: "process_start_time_seconds", value: start, help: "When it started, in seconds since 1970."),
        ]
    }

    private static var residentBytes: Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var openDescriptors: Double {
        Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
    }
}
