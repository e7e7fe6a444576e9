import ArgumentParser
import Foundation

struct Imitate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imitation",
        abstract: "What the agent learns from experts with its defaults, beside the naive way.",
        discussion: RowSettings.discussion)

    @OptionGroup var rows: RowSettings

    func validate() throws { try rows.validate(ImitationTask.all) }

    func run() throws {
        try rows.report(
            "imitation", ImitationTable("imitation", title: "The imitative workflow with one set of defaults"),
            ImitationTask.all)
    }
}

struct Act: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "actions", abstract: "What the agent learns in large action spaces, beside the naive way.",
        discussion: RowSettings.discussion)

    @OptionGroup var rows: RowSettings

    func validate() throws { try rows.validate(ImitationTask.actions) }

    func run() throws {
        try rows.report(
            "actions", ImitationTable("actions", title: "Large action spaces with one set of defaults"),
            ImitationTask.actions)
    }
}

/// Which rows to learn, and how.
struct RowSettings: ParsableArguments {
    static let discussion = """
        Each row is learned with each seed, and so is what it is compared with. Exit status 1 where a figure that was \
        asked for is missed.
        """

    @Option(help: ArgumentHelp("The rows whose way or world has this in its name; by default all.", valueName: "text"))
    var only: String?

    @Option(help: "How many seeds to learn each row with.")
    var seeds = 5

    @Option(help: "The first of the seeds.")
    var firstSeed: UInt64 = 1

    @Option(help: "How many trainings run side by side.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: ArgumentHelp("Where to write the figures as JSON, besides.", valueName: "file"))
    var json: String?

    private func chosen(_ tasks: [ImitationTask]) -> [ImitationTask] {
        tasks.filter { task in only.map { "\(task.name) \(task.world)\(task.variant)".contains($0) } ?? true }
    }

    func validate(_ tasks: [ImitationTask]) throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs are at least 1") }
        guard !chosen(tasks).isEmpty else { throw ValidationError("no row has \(only ?? "") in its name") }
    }

    func report(_ name: String, _ empty: ImitationTable, _ all: [ImitationTask]) throws {
        let tasks = chosen(all)
        let seeds = (0..<UInt64(seeds)).map { firstSeed + $0 }
        let plan = tasks.indices.flatMap { index in
            seeds.flatMap { seed in
                (tasks[index].naive == nil ? [false] : [false, true]).map { (task: index, isNaive: $0, seed: seed) }
            }
        }
        let runs = try SideBySide.map(plan.count, jobs: jobs) { index in
            let part = plan[index]
            let task = tasks[part.task]
            let recipe = part.isNaive ? task.naive?.recipe ?? task.recipe : task.recipe
            let run = try ImitationRun(task, recipe, isNaive: part.isNaive, seed: part.seed)
            SideBySide.tell(
                "\(run.way) in \(run.world)\(run.variant), seed \(run.seed): \(run.value.text(digits: 1)) "
                    + "in \(run.seconds.text(digits: 1)) s")
            return run
        }
        var table = empty
        for (index, task) in tasks.enumerated() {
            let own = zip(plan, runs).filter { $0.0.task == index }.map(\.1)
            try table.add(task, own.filter { !$0.isNaive }, naive: own.filter(\.isNaive))
        }
        try Report(command: "lamd-bench \(name)", tables: [table.table], imitations: runs).publish(json: json)
        if table.isMissed { throw ExitCode.failure }
    }
}
