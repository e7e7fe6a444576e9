import ArgumentParser

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

    func validate() throws { if !rows.has(Self.catalogue) { try rows.validate(ImitationTask.actions) } }

    func run() throws {
        var (others, isMissed) = ([FigureTable](), false)
        if rows.has(Self.catalogue) {
            let seeds = rows.seeds.all
            let table = try CatalogueTable(
                SideBySide.map(seeds.count, jobs: rows.seeds.jobs) { index in
                    let run = try CatalogueRun(seed: seeds[index])
                    SideBySide.tell(
                        "\(Self.catalogue), seed \(run.seed): \(run.before.text(digits: 1)), then "
                            + "\(run.atOnce.text(digits: 1)), then \(run.after.text(digits: 1))")
                    return run
                })
            (others, isMissed) = ([table.table], table.isMissed)
        }
        try rows.report(
            "actions", ImitationTable("actions", title: "Large action spaces", note: Self.note),
            ImitationTask.actions, besides: others, isMissed: isMissed)
    }

    private static let note = """
        Larger: a network of 256 and 256 units, four updates a step, no step taken by the expert; all others have the defaults. \
        A flat head has as many updates; of 1,000,000 actions it would have 129,000,129 weights, of which learning keeps five \
        of a size, 2.6 GB: it is refused.
        """

    private static let catalogue = "catalogue Recommender-v0"
}

/// Which rows to learn, and how.
struct RowSettings: ParsableArguments {
    static let discussion = """
        Each row is learned with each seed, and so is what it is compared with. Exit status 1 where a figure that was \
        asked for is missed.
        """

    @Option(help: ArgumentHelp("The rows whose way or world has this in its name; by default all.", valueName: "text"))
    var only: String?

    @OptionGroup var seeds: SeedSettings

    func has(_ row: String) -> Bool { only.map { row.contains($0) } ?? true }

    private func chosen(_ tasks: [ImitationTask]) -> [ImitationTask] {
        tasks.filter { has("\($0.name) \($0.world)\($0.variant)") }
    }

    func validate(_ tasks: [ImitationTask]) throws {
        guard !chosen(tasks).isEmpty else { throw ValidationError("no row has \(only ?? "") in its name") }
    }

    /// - Parameters:
    ///   - besides: tables of what was measured otherwise.
    ///   - isMissed: whether these miss something that was asked for.
    func report(
        _ name: String, _ empty: ImitationTable, _ all: [ImitationTask], besides: [FigureTable] = [],
        isMissed: Bool = false
    ) throws {
        let tasks = chosen(all)
        let plan = tasks.indices.flatMap { index in
            seeds.all.enumerated().flatMap { place, seed in
                let hasNaive = tasks[index].naive != nil && place < tasks[index].naiveSeeds
                return (hasNaive ? [false, true] : [false]).map { (task: index, isNaive: $0, seed: seed) }
            }
        }
        let runs = try SideBySide.map(plan.count, jobs: seeds.jobs) { index in
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
        try Report(command: "lamd-bench \(name)", tables: [table.table] + besides, imitations: runs)
            .publish(json: seeds.json)
        if table.isMissed || isMissed { throw ExitCode.failure }
    }
}
