import ArgumentParser
import Foundation

struct Imitate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imitation",
        abstract: "What the agent learns from experts with its defaults, beside the naive way.",
        discussion: """
            Each row is learned with each seed, and so is what it is compared with. Exit status 1 where a figure that was \
            asked for is missed.
            """)

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

    private var tasks: [ImitationTask] {
        ImitationTask.all.filter { task in only.map { "\(task.name) \(task.world)".contains($0) } ?? true }
    }

    func validate() throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs are at least 1") }
        guard !tasks.isEmpty else { throw ValidationError("no row has \(only ?? "") in its name") }
    }

    func run() throws {
        let tasks = tasks
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
                "\(run.way) in \(run.world), seed \(run.seed): \(run.value.text(digits: 1)) "
                    + "in \(run.seconds.text(digits: 1)) s")
            return run
        }
        var table = ImitationTable()
        for (index, task) in tasks.enumerated() {
            let own = zip(plan, runs).filter { $0.0.task == index }.map(\.1)
            try table.add(task, own.filter { !$0.isNaive }, naive: own.filter(\.isNaive))
        }
        try Report(command: "lamd-bench imitation", tables: [table.table], imitations: runs).publish(json: json)
        if table.isMissed { throw ExitCode.failure }
    }
}
