import ArgumentParser
import Foundation

/// With which seeds something is learned, and where the figures go.
struct SeedSettings: ParsableArguments {
    @Option(help: "How many seeds to learn each of these with.")
    var seeds = 5

    @Option(help: "The first of the seeds.")
    var firstSeed: UInt64 = 1

    @Option(help: "How many trainings run side by side.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: ArgumentHelp("Where to write the figures as JSON, besides.", valueName: "file"))
    var json: String?

    var all: [UInt64] { (0..<UInt64(seeds)).map { firstSeed + $0 } }

    func validate() throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs are at least 1") }
    }
}
