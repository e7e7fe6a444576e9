import Foundation
import Logging
import Workers

/// Which programs host environments, and what they may take.
struct WorkerSettings {
    private let commands: [(name: String, command: WorkerCommand)]
    private let limits: WorkerLimits

    private static let gymnasium = "gymnasium"

    init(_ read: inout SettingReader) throws(SettingsError) {
        var commands: [(name: String, command: WorkerCommand)] = []
        if let python = try read.optionalText(Self.gymnasium) {
            commands.append((Self.gymnasium, WorkerCommand(gymnasium: Self.interpreter(python))))
        }
        for text in read.texts("worker") {
            let (name, command) = try Self.parse(text)
            guard !commands.contains(where: { $0.name == name }) else {
                throw .invalidValue(place: "worker", text: text, expected: "a name that no other worker has")
            }
            commands.append((name, WorkerCommand(shell: command)))
        }
        self.commands = commands
        var limits = WorkerLimits()
        limits.processes = try read.count("worker_processes", 1...64, default: limits.processes)
        limits.environments = try read.count("worker_environments", 1...65_536, default: limits.environments)
        limits.timeout = .milliseconds(Int(try read.seconds("worker_timeout", default: "30") * 1000))
        limits.memory = UInt64(try read.size("worker_memory", default: "4GiB"))
        limits.processorSeconds = UInt64(try read.count("worker_cpu_seconds", 0...1_000_000_000, default: 0))
        self.limits = limits
    }

    func bridges(_ logger: Logger) -> [Bridge] {
        commands.map { Bridge(name: $0.name, command: $0.command, limits: limits, logger: logger) }
    }

    /// The interpreter of a virtual environment, where it is one's folder that was said.
    private static func interpreter(_ path: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? path + "/bin/python" : path
    }

    private static func parse(_ text: String) throws(SettingsError) -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let isName = { (name: String) in
            name.utf8.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
        }
        guard parts.count == 2, isName(parts[0]), parts[1].contains(where: { !$0.isWhitespace }) else {
            throw .invalidValue(
                place: "worker", text: text,
                expected: "NAME=COMMAND, such as mine='node worker.mjs', the name of letters, digits, - and _")
        }
        return (parts[0], parts[1])
    }
}
