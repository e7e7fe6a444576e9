import ArgumentParser

/// What all measurements of speed share.
struct Settings: ParsableArguments {
    @Option(help: ArgumentHelp("The program that is measured.", valueName: "file"))
    var lamd = ".build/release/lamd"

    @Option(help: ArgumentHelp("The minimal server in C that it is compared with.", valueName: "file"))
    var limit = ".build/release/lamd-bench-limit"

    @Option(help: "How many times each figure is measured; the median counts.")
    var runs = 5

    @Option(help: "How long each measurement takes, in seconds.")
    var seconds = 2

    @Option(help: "The core that servers run on.")
    var serverCore = 0

    @Option(help: "The core that the load comes from.")
    var loadCore = 1

    @Option(help: ArgumentHelp("Where to write the figures as JSON, besides.", valueName: "file"))
    var json: String?

    func validate() throws {
        guard runs > 0, seconds > 0 else { throw ValidationError("--runs and --seconds are at least 1") }
    }

    func report(_ command: String, _ tables: [FigureTable]) throws {
        try Report(command: "lamd-bench \(command)", tables: tables).publish(json: json)
    }

    /// Rates that are measured in turn (A B A B), in short turns, many of them: what others do to the machine meets all alike.
    func race(_ runners: [() throws -> Double]) throws -> Race {
        var rounds: [[Double]] = []
        for _ in 0..<self.rounds { rounds.append(try runners.map { try $0() }) }
        return Race(rounds: rounds)
    }

    /// How many rounds such turns are taken in.
    var rounds: Int { 5 * runs }

    /// The median of each of several costs that every round measures in turn; the first round warms up.
    func medians(_ rounds: Int, _ measure: (_ round: Int) throws -> [Double]) rethrows -> [Double] {
        let found = try (0...rounds).map(measure).dropFirst()
        return (found.first ?? []).indices.map { place in found.map { $0[place] }.median }
    }

    /// How long a turn takes at least.
    static let turn = Duration.milliseconds(50)

    /// The median of `runs` measurements.
    func median(_ measure: () throws -> Double) rethrows -> Double {
        try (0..<runs).map { _ in try measure() }.median
    }
}
