import Environments
import Gym
import Learning

/// What was learned in each world, beside what others reach.
struct LearningTable {
    private(set) var table: FigureTable
    /// Whether something that was asked for was not reached.
    private(set) var isMissed = false

    init(stopping: Bool) {
        table = FigureTable(
            "learning", title: "Learning with one set of defaults",
            note: """
                Returns of the policy that training decided for: exact where the world is a table (FrozenLake, Taxi, \
                CliffWalking, Crossing), else the mean of 1,000 episodes on seeds that no training used. Solved after: \
                median steps until two evaluations in a row reached the world's threshold, which in Taxi takes luck: the \
                best there is lies below it. Best known: the most that any policy can reach where the world is a table. \
                Episodes of CliffWalking end after 1,000 steps. RL-Zoo: one run each.\
                \(stopping ? " Training stopped when the world was solved." : "")
                """,
            columns: [
                .init(title: "world"), .init(title: "steps", digits: 0), .init(title: "random", digits: 2),
                .init(title: "RL-Zoo"), .init(title: "best known", digits: 3), .init(title: "mean", digits: 3),
                .init(title: "worst", digits: 3), .init(title: "each seed"), .init(title: "asked"),
                .init(title: "reached by"), .init(title: "solved after", digits: 0),
                .init(title: "s/run", digits: 1),
            ])
    }

    mutating func add(_ task: LearningTask, _ outcomes: [LearningOutcome]) throws {
        let judge = Judge(environment: EnvironmentRequest(try Catalogue.worlds.spec(task.world)))
        let values = outcomes.map(\.value)
        let hits = values.count { Judge.reaches($0, task.each) }
        let isAverageReached = task.average.map { Judge.reaches(values.mean, $0) } ?? true
        if hits < values.count || !isAverageReached { isMissed = true }
        let solved = outcomes.compactMap(\.solvedAfter).map(Double.init)
        table.add([
            .text(task.world), .number(Double(task.steps)), .number(try judge.randomValue()),
            task.zoo.map { .text($0) } ?? .none, .init(try task.best ?? judge.bestValue()), .number(values.mean),
            .number(values.min() ?? 0),
            .text(values.map { $0.text(digits: abs($0) < 10 ? 2 : 1) }.joined(separator: " ")),
            .text(asked(task)),
            .text("\(hits)/\(values.count)\(isAverageReached ? "" : ", not on average")"),
            // Where some never solved it there is no median to speak of.
            solved.count == values.count ? .number(solved.median) : .none,
            .number(outcomes.map(\.seconds).mean),
        ])
    }

    private func asked(_ task: LearningTask) -> String {
        "≥ \(number(task.each)) each" + (task.average.map { ", \(number($0)) on average" } ?? "")
    }

    private func number(_ value: Double) -> String {
        value.text(digits: value == value.rounded() ? 0 : 2)
    }
}
