import Environments
import Gym
import Learning

/// What was learned from experts, beside the naive way.
struct ImitationTable {
    private(set) var table: FigureTable
    /// Whether something that was asked for was not reached.
    private(set) var isMissed = false

    /// - Parameter note: what is to be said besides.
    init(_ name: String, title: String, note: String = "") {
        table = FigureTable(
            name, title: title,
            note: """
                The policy that each training ended with, by 1,000 episodes on seeds that no training used. Scaled: 0 is acting \
                at random, 1 the best scripted expert. Success: the share of episodes that end before the time limit. Shown: \
                episodes of the expert, and their mean return. Labels: steps in which the expert was asked. Where rewards come \
                from demonstrations (SQIL, GAIL, AIRL) the environment's are seen neither in learning nor in choosing the policy: \
                the last one counts, of SQIL's the one most like what was shown. Steps: in the environment. \(note)
                """,
            columns: [
                .init(title: "way"), .init(title: "world"), .init(title: "shown"), .init(title: "labels", digits: 0),
                .init(title: "steps", digits: 0), .init(title: "random", digits: 1), .init(title: "expert", digits: 1),
                .init(title: "return", digits: 1), .init(title: "worst", digits: 1), .init(title: "scaled", digits: 3),
                .init(title: "worst scaled", digits: 3), .init(title: "success", digits: 3),
                .init(title: "naive way"), .init(title: "its return", digits: 1), .init(title: "asked"),
                .init(title: "reached by"), .init(title: "s/run", digits: 1),
            ])
    }

    mutating func add(_ task: ImitationTask, _ runs: [ImitationRun], naive: [ImitationRun]) throws {
        let environment = try task.environment
        let random = try Judge(environment: environment).randomValue(sampled: true)
        let expert = try Evaluation(of: environment.player(), in: environment, seeds: Judge.seeds).mean
        func scaled(_ value: Double) -> Double { (value - random) / (expert - random) }
        let measured = runs.map { run in
            switch task.measure {
            case .episodeReturn: run.value
            case .scaled: scaled(run.value)
            case .success: run.success
            }
        }
        let hits = zip(measured, runs).count { value, run in
            (task.each.map { Judge.reaches(value, $0) } ?? true) && (!task.beatsTeacher || run.value > run.teacher)
        }
        var reached = "\(hits)/\(runs.count)"
        if let average = task.average, !Judge.reaches(measured.mean, average) { reached += ", not on average" }
        if task.beatsTeacher, runs.map(\.value).mean < naive.map(\.value).mean { reached += ", below the naive way" }
        let invalid = runs.compactMap(\.invalid).reduce(0, +)
        if reached != "\(runs.count)/\(runs.count)" || invalid > 0 { isMissed = true }
        if task.isMasked {
            reached += ", \(invalid) invalid of \(Double(runs.count * ImitationRun.acts).text(digits: 0)) acts"
        }
        let values = runs.map(\.value)
        table.add([
            .text(task.name), .text(task.world + task.variant), .text(shown(task, runs)),
            .init(runs[0].labels > 0 ? runs.map { Double($0.labels) }.mean : nil),
            .number(runs.map { Double($0.steps) }.mean), .number(random), .number(expert), .number(values.mean),
            .number(values.min() ?? 0), .number(scaled(values.mean)), .number(scaled(values.min() ?? 0)),
            .init(task.measure == .success ? runs.map(\.success).mean : nil),
            task.naive.map { .text($0.name) } ?? .text("at random"),
            .number(naive.isEmpty ? random : naive.map(\.value).mean), .text(asked(task)), .text(reached),
            .number(runs.map(\.seconds).mean),
        ])
    }

    private func shown(_ task: ImitationTask, _ runs: [ImitationRun]) -> String {
        guard task.recipe.shown > 0 else { return "–" }
        return "\(task.recipe.shown): \(runs.map(\.teacher).mean.text(digits: 1))"
    }

    private func asked(_ task: ImitationTask) -> String {
        let unit =
            switch task.measure {
            case .episodeReturn: ""
            case .scaled: " scaled"
            case .success: " success"
            }
        func number(_ value: Double) -> String { value.text(digits: value == value.rounded() ? 0 : 2) }
        var parts: [String] = []
        if let each = task.each { parts.append("≥ \(number(each))\(unit) each") }
        if let average = task.average { parts.append("≥ \(number(average))\(unit) on average") }
        if task.beatsTeacher { parts.append("better than shown, each; not below the naive way") }
        return parts.isEmpty ? "–" : parts.joined(separator: ", ")
    }
}
