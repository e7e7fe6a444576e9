import Foundation

/// A daemon that runs under valgrind, which counts what it does while it is told to.
struct Callgrind {
    struct Count {
        var instructions = 0.0
        var allocations = 0.0
    }

    private static let allocators: Set<Substring> = [
        "malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign",
    ]

    let server: ServerProcess
    private let output = FileManager.default.temporaryDirectory.appending(path: "lamd-bench-\(UUID().uuidString)")

    init(_ program: String) throws {
        server = try ServerProcess.lamd(
            program, core: nil,
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

    /// Functions are named once, `(12) malloc`, and then by their number; `calls=` follows the one that is called.
    private static func read(_ text: String) -> Count {
        var count = Count()
        var allocators: Set<Substring> = []
        var called: Substring = ""
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                if line.hasPrefix("totals: ") { count.instructions = Double(line.dropFirst(8)) ?? 0 }
                continue
            }
            switch parts[0] {
            case "fn", "cfn":
                let words = parts[1].split(separator: " ", maxSplits: 1)
                if words.count == 2, Self.allocators.contains(words[1]) { allocators.insert(words[0]) }
                if parts[0] == "cfn" { called = words[0] }
            case "calls":
                guard allocators.contains(called) else { continue }
                count.allocations += Double(parts[1].prefix { $0 != " " }) ?? 0
            default: continue
            }
        }
        return count
    }
}
