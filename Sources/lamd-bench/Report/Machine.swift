import COpenBLAS
import Foundation

/// Where figures were measured: without it they say little.
struct Machine: Encodable {
    let processor: String
    let cores: Int
    let system: String
    /// The processor that OpenBLAS has its kernels for: it may be told of an older one.
    let blas: String
    /// How many others wanted a core when the measurement began.
    let load: Double

    init() {
        processor = Self.value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        system = Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown"
        blas = String(cString: openblas_get_corename())
        load = Self.text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0
    }

    var isBusy: Bool { load > 0.5 }

    private static func value(of key: String, in path: String, separator: Character) -> String? {
        for line in text(path).split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
            return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        }
        return nil
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
