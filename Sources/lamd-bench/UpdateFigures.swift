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
                4 numbers in, 2 actions. Bare: forward through the target and the learned network, Huber, backward, Adam, on \
                one batch. From replay: all that an update of the agent does (a batch drawn from \
                \(Double(Self.experience).text(digits: 0)) transitions, returns over n steps, double Q, target network). Medians of \
                \(settings.runs) runs of at least 0.2 s.
                """,
            columns: [
                .init(title: "hidden"), .init(title: "batch", digits: 0), .init(title: "bare", digits: 0),
                .init(title: "from replay", digits: 0), .init(title: "ratio", digits: 2),
            ])
        let cartPole = EnvironmentRequest(try Catalogue.worlds.spec("CartPole-v1"))
        for width in Self.widths {
            for batch in Self.batches {
                var update = BareUpdate(width: width, rows: batch)
                let bare = rate { update.run() }
                var learner = try cartPole.experiencedLearner(Self.experience) {
                    ($0.hiddenSizes, $0.batchSize) = ([width, width], batch)
                }
                let whole = rate { learner.update(progress: 0) }
                table.add([
                    .text("\(width)×\(width)"), .number(Double(batch)), .number(bare), .number(whole),
                    .number(whole / bare),
                ])
            }
        }
        return [table]
    }

    private func rate(_ update: () -> Void) -> Double {
        settings.median {
            Stopwatch.rate(atLeast: .milliseconds(200)) {
                for _ in 0..<50 { update() }
                return 50
            }
        }
    }
}
