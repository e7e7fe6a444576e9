import Environments
import Gym
import Learning

/// Updates a second of the learner, at CartPole's sizes.
struct UpdateFigures {
    private static let widths = [64, 256]
    private static let batches = [32, 64, 256]
    private static let experience = 20_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "learner", title: "Learner: updates/s, one thread",
            note: """
                4 numbers in, 2 actions. Bare: forward through the target and the learned network (double Q), Huber, backward, \
                Adam, on one batch; in C the same on OpenBLAS. From replay: all that an update of the agent does (a batch drawn \
                from \(Double(Self.experience).text(digits: 0)) transitions, uniformly or by priorities, returns over n steps, \
                target network). Rates a second of a core; medians of turns (A B A B), ratios of pairs.
                """,
            columns: [
                .init(title: "hidden"), .init(title: "batch", digits: 0), .init(title: "C", digits: 0),
                .init(title: "bare", digits: 0), .init(title: "bare / C", digits: 2),
                .init(title: "from replay", digits: 0), .init(title: "/ bare", digits: 2),
                .init(title: "by priority", digits: 0), .init(title: "/ bare", digits: 2),
            ])
        for width in Self.widths {
            for batch in Self.batches {
                let race = try measure(width: width, batch: batch)
                table.add([
                    .text("\(width)×\(width)"), .number(Double(batch)), .number(race.rate(0)), .number(race.rate(1)),
                    .number(race.ratio(1, to: 0)), .number(race.rate(2)), .number(race.ratio(2, to: 1)),
                    .number(race.rate(3)), .number(race.ratio(3, to: 1)),
                ])
            }
        }
        return [table]
    }

    private func measure(width: Int, batch: Int) throws -> Race {
        var bare = BareUpdate(width: width, rows: batch)
        let reference = bare.reference()
        // That it is the same work is not only said.
        for _ in 0..<20 {
            bare.run()
            reference.run()
        }
        precondition(reference.isNear(bare.parameters), "an update in C is not what it is here")
        var uniform = try learner(width: width, batch: batch, .uniform)
        var prioritized = try learner(width: width, batch: batch, .prioritized)
        return try settings.race([
            { rate { reference.run() } }, { rate { bare.run() } }, { rate { uniform.update(progress: 0) } },
            { rate { prioritized.update(progress: 0) } },
        ])
    }

    private func learner(width: Int, batch: Int, _ replay: Hyperparameters.Sampling) throws -> Learner {
        try EnvironmentRequest(Catalogue.worlds.spec("CartPole-v1")).experiencedLearner(Self.experience) {
            ($0.hiddenSizes, $0.batchSize, $0.replay) = ([width, width], batch, replay)
        }
    }

    private func rate(_ update: () -> Void) -> Double {
        Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own) {
            for _ in 0..<10 { update() }
            return 10
        }
    }
}
