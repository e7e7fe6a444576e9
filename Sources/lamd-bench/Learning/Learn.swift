import ArgumentParser
import Environments
import Gym
import Learning

struct Learn: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning",
        abstract: "What the agent learns with its defaults, beside others, the best there is and chance.",
        discussion: """
            Each world is learned from nothing with each seed, as POST /v1/agents/{"env_id","seed"} and \
            POST …/train/{"steps"} do it, but to the end of the steps also where the world is solved earlier. The policy \
            that the training decides for is judged by its exact value under the time limit where the world is a table, \
            else by 1,000 episodes on seeds that no training uses. Exit status 1 where a figure that was asked for is \
            missed.
            """)

    @Option(help: ArgumentHelp("The worlds to learn, with commas between; by default all.", valueName: "worlds"))
    var only: String?

    @OptionGroup var seeds: SeedSettings

    @Flag(help: "Stop where the world counts as solved, as train does unless it is given another target.")
    var stopWhenSolved = false

    func validate() throws { _ = try tasks }

    func run() throws {
        let outcomes = try learn()
        var table = LearningTable(stopping: stopWhenSolved)
        for task in try tasks { try table.add(task, outcomes.filter { $0.world == task.world }) }
        try Report(command: "lamd-bench learning", tables: [table.table], runs: outcomes).publish(json: seeds.json)
        if table.isMissed { throw ExitCode.failure }
    }

    private var tasks: [LearningTask] {
        get throws {
            guard let only else { return LearningTask.all }
            return try only.split(separator: ",").map { world in
                guard let task = LearningTask.all.first(where: { $0.world == world }) else {
                    throw ValidationError("there is no figure to compare \(world) with")
                }
                return task
            }
        }
    }

    /// Every world with every seed, in this order, some of them side by side.
    private func learn() throws -> [LearningOutcome] {
        let pairs = try tasks.flatMap { task in seeds.all.map { (task: task, seed: $0) } }
        return try SideBySide.map(pairs.count, jobs: seeds.jobs) { try learn(pairs[$0].task, seed: pairs[$0].seed) }
    }

    private func learn(_ task: LearningTask, seed: UInt64) throws -> LearningOutcome {
        func tell(_ text: String) { SideBySide.tell("\(task.world) seed \(seed): \(text)") }
        let outcome = try LearningOutcome(task, seed: seed, stopping: stopWhenSolved) { point in
            tell("\(point.steps)/\(task.steps) steps, return \(point.mean.text(digits: 2))")
        }
        tell("\(outcome.value.text(digits: 3)) in \(outcome.seconds.text(digits: 1)) s")
        return outcome
    }
}
