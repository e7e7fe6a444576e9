import ArgumentParser
import Environments
import Gym
import Learning

struct Experts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the scripted experts reach in each environment that they know.")

    @Option(help: ArgumentHelp("Where to write the figures as JSON, besides.", valueName: "file"))
    var json: String?

    func run() throws {
        try Report(command: "lamd-bench experts", tables: [try table]).publish(json: json)
    }

    private var table: FigureTable {
        get throws {
            var table = FigureTable(
                "experts", title: "Scripted experts",
                note: """
                    Returns of \(Judge.seeds.count.description) episodes on seeds that no training uses: their mean, \
                    standard deviation and worst. Exact: the expected return under the time limit, where the world is a \
                    table. Random: of acting at random, exact there too. Episodes of CliffWalking end after 1,000 steps.
                    """,
                columns: [
                    .init(title: "expert"), .init(title: "environment"), .init(title: "mean", digits: 2),
                    .init(title: "std", digits: 2), .init(title: "worst", digits: 2), .init(title: "exact", digits: 3),
                    .init(title: "random", digits: 2),
                ])
            for expert in Catalogue.worlds.experts {
                for id in expert.environments { try add(expert, id, to: &table) }
            }
            return table
        }
    }

    private func add(_ expert: ExpertSpec, _ id: String, to table: inout FigureTable) throws {
        let spec = try Catalogue.worlds.spec(id)
        let environment = EnvironmentRequest(spec)
        let player = try expert.make(for: spec)
        let evaluation = try Evaluation(of: player, in: environment, seeds: Judge.seeds)
        table.add([
            .text(expert.id), .text(id), .number(evaluation.mean), .number(evaluation.standardDeviation),
            .number(evaluation.minimum), .init(try ExactValue.of(player, in: environment)),
            .number(try Judge(environment: environment).randomValue()),
        ])
    }
}
