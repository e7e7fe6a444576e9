import ArgumentParser

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lamd-bench",
        abstract: "How fast lamd is, beside the limit, and how well it learns, beside others.",
        subcommands: [
            Requests.self, Worlds.self, Updates.self, Footprint.self, All.self, Learn.self, Imitate.self, Act.self,
            Experts.self, Search.self, Scale.self, Growth.self, Allocations.self,
            Trust.self,
        ])
}

struct Requests: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Requests a second and CPU time per request, beside a minimal server in C on libmicrohttpd.")
    @OptionGroup var settings: Settings

    func run() throws { try settings.report("http", HTTPFigures(settings).tables()) }
}

struct Worlds: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Steps a second of each world, in process, and beside loops in C.")
    @OptionGroup var settings: Settings

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only these worlds.", valueName: "id"))
    var only: [String] = []

    func run() throws { try settings.report("worlds", WorldFigures(settings, only: only).tables()) }
}

struct Updates: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learner", abstract: "Updates a second of the learner, bare and from replay.")
    @OptionGroup var settings: Settings

    func run() throws { try settings.report("learner", UpdateFigures(settings).tables()) }
}

struct Footprint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "process", abstract: "Start-up time, memory at rest and size of the program.")
    @OptionGroup var settings: Settings

    func run() throws { try settings.report("process", FootprintFigures(settings).tables()) }
}

struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How long the best of very many actions takes to find, exactly and by an index.")
    @OptionGroup var settings: Settings

    @Option(parsing: .upToNextOption, help: "How many keys there are.")
    var keys = [10_000, 100_000, 1_000_000]

    func validate() throws {
        guard keys.allSatisfy({ (10...10_000_000).contains($0) }) else {
            throw ValidationError("--keys are from 10 to 10000000")
        }
    }

    func run() throws { try settings.report("search", SearchFigures(settings, sizes: keys).tables()) }
}

struct Scale: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What very many actions cost: to act among, to keep, to learn about.")
    @OptionGroup var settings: Settings

    func run() throws {
        try settings.report("scale", CostFigures(settings).tables() + ActingFigures(settings).tables())
    }
}

struct Growth: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How cost grows with sessions, batches, connections, experience and networks.")
    @OptionGroup var settings: Settings

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only along these axes.", valueName: "axis"))
    var only: [GrowthFigures.Axis] = []

    func run() throws { try settings.report("growth", GrowthFigures(settings, only: only).tables()) }
}

extension GrowthFigures.Axis: ExpressibleByArgument {}

struct Allocations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Allocations and instructions of a request, counted by valgrind.")
    @OptionGroup var settings: Settings

    func run() throws { try settings.report("allocations", AllocationFigures(settings).tables()) }
}

struct Trust: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a step pays for tokens, quotas, gates, logs and journals, counted by valgrind.")
    @OptionGroup var settings: Settings

    @Option(help: ArgumentHelp("A program from before there was any of it, to be measured too.", valueName: "file"))
    var before: String?

    func run() throws { try settings.report("trust", TrustFigures(settings, before: before).tables()) }
}

struct All: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All of the above.")
    @OptionGroup var settings: Settings

    func run() throws {
        let tables =
            try HTTPFigures(settings).tables() + WorldFigures(settings).tables() + UpdateFigures(settings).tables()
            + FootprintFigures(settings).tables()
        try settings.report("all", tables)
    }
}
