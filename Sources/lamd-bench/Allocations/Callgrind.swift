import Foundation

/// A daemon that runs under valgrind, which counts what it does while it is told to.
struct Callgrind {
    struct Count {
        var instructions = 0.0
        /// Those in functions of lamd's own modules.
        var own = 0.0
        var allocations = 0.0
    }

    private static let allocators: Set<Substring> = [
        "malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign",
    ]

    /// What mangled names of lamd's functions begin with.
    private static let modules = [
        "lamd", "API", "HTTP", "JSON", "Hosting", "Environments", "Gym", "Store", "Workers", "Learning", "Neural",
    ].map { "$s\($0.count)\($0)" }

    let server: ServerProcess
    private let output = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")

    /// - Parameter flags: what the daemon is told besides.
    init(_ program: String, flags: [String] = []) throws {
        server = try ServerProcess.lamd(
            program, core: nil, flags: flags,
            under: [
                "valgrind", "--quiet", "--tool=callgrind", "--fair-sched=yes", "--instr-atstart=no",
                "--callgrind-out-file=\(output.path)",
            ])
    }

    func stop() {
        server.stop()
        try? FileManager.default.removeItem(at: output)
    }

    /// Counts while `body` goes on; once.
    func count(_ body: () throws -> Void) throws -> Count {
        try run("--instr=on")
        try body()
        try run("--instr=off")
        // It writes what it counted when it ends.
        server.stop()
        return Self.read(try String(contentsOf: output, encoding: .utf8))
    }

    private func run(_ command: String) throws {
        try Process.finish(["callgrind_control", command, String(server.identifier)])
    }

    /// Functions are named once, `(12) malloc`, and then by their number; `calls=` follows the one that is called, and the
    /// line after that has what the calls cost.
    private static func read(_ text: String) -> Count {
        var count = Count()
        var allocators: Set<Substring> = []
        var ours: Set<Substring> = []
        var (current, called): (Substring, Substring) = ("", "")
        var isOfCalls = false
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                if line.hasPrefix("totals: ") { count.instructions = Double(line.dropFirst(8)) ?? 0 }
                if !isOfCalls, ours.contains(current) { count.own += cost(line) }
                isOfCalls = false
                continue
            }
            switch parts[0] {
            case "fn", "cfn":
                let words = parts[1].split(separator: " ", maxSplits: 1)
                if words.count == 2, Self.allocators.contains(words[1]) { allocators.insert(words[0]) }
                if words.count == 2, modules.contains(where: words[1].hasPrefix) { ours.insert(words[0]) }
                if parts[0] == "cfn" { called = words[0] } else { current = words[0] }
            case "calls":
                isOfCalls = true
                guard allocators.contains(called) else { continue }
                count.allocations += Double(parts[1].prefix { $0 != " " }) ?? 0
            default: continue
            }
        }
        return count
    }

    /// Of a line that has a place, such as `12`, `+3` or `*`, and what was counted there.
    private static func cost(_ line: Substring) -> Double {
        line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    }
}
