import ArgumentParser
import Foundation
import Store

struct VerifyAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no record was changed, added or taken away.",
        discussion: """
            Reads only: a daemon may use the folder meanwhile. Exit status 1 where something is wrong, with a line for each \
            file that is. Whoever can write to the whole state folder can also make it all anew: against that, write down \
            now and then what this prints as the chain, or GET /v1/audit/head, elsewhere, and say --head later.
            """)

    @Option(help: ArgumentHelp("The state folder; by default as for 'lamd serve'.", valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("A chain that was written down earlier, and must be in the record.", valueName: "chain"))
    var head: String?

    func validate() throws {
        guard head.map({ [UInt8](hexadecimal: $0)?.count == SHA256.count }) ?? true else {
            throw ValidationError("--head: expected a chain, 64 hexadecimal digits in lowercase")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let said = state ?? environment["LAMD_STATE"].flatMap { $0.isEmpty ? nil : $0 }
        let folder = URL(filePath: said ?? StateLocation.standard(environment), directoryHint: .isDirectory)
        let check: AuditCheck
        do {
            check = try AuditCheck(of: folder, known: head.flatMap { [UInt8](hexadecimal: $0) })
        } catch {
            Terminal.errors.write("lamd: \(error)\n")
            throw ExitCode.failure
        }
        for fault in check.faults {
            Terminal.errors.write("\(fault.file)\(fault.line.map { ":\($0)" } ?? ""): \(fault.reason)\n")
        }
        Terminal.output.write(
            "records \(check.first) to \(check.head.sequence): \(check.records) as they were written, "
                + "\(check.faults.isEmpty ? "no fault" : "\(check.faults.count) faults")\n"
                + "chain \(check.head.chain.hexadecimal)\n")
        if !check.faults.isEmpty { throw ExitCode.failure }
    }
}
