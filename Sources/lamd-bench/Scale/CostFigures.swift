import Environments
import Gym
import Learning

/// What an update costs where there are few, many and very many actions.
struct CostFigures {
    private static let sizes = [100, 1_000, 10_000, 100_000, 1_000_000]
    /// A flat head of more actions takes minutes.
    private static let flatLimit = 10_000
    /// Of no more actions than these no table of keys is learned: each is scored by itself.
    private static let tableThreshold = 4_096
    private static let experience = 2_000
    private static let updates = 20
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "cost", title: "Learning among many actions: seconds for 1,000 updates, one thread",
            note: """
                DiscretizedPendulum-v0 with as many actions, batches of 64, \(Self.experience) transitions in replay, all that an \
                update does. Embedded: keys made of features, and keys that are a table, which is learned. Flat head: a score for \
                each action. Medians of \(settings.runs) runs of at least 0.2 s.
                """,
            columns: [
                .init(title: "actions", digits: 0), .init(title: "by features", digits: 2),
                .init(title: "by a table", digits: 2), .init(title: "flat head", digits: 2),
            ])
        for size in Self.sizes {
            let flat = size <= Self.flatLimit ? try seconds(size, ["embedding_size": 0]) : nil
            table.add([
                .number(Double(size)), .number(try seconds(size)),
                .init(size > Self.tableThreshold ? try seconds(size, hasFeatures: false) : nil), .init(flat),
            ])
        }
        return [table]
    }

    private func seconds(_ size: Int, _ changes: Value = [:], hasFeatures: Bool = true) throws -> Double {
        let environment = EnvironmentRequest(
            try Catalogue.worlds.spec("DiscretizedPendulum-v0"), kwargs: ["n": .int(Int64(size))])
        var learner = try environment.experiencedLearner(Self.experience, knowsFeatures: hasFeatures) {
            try $0.apply(changes)
        }
        return settings.median {
            1_000
                / Stopwatch.rate(atLeast: .milliseconds(200)) {
                    for _ in 0..<Self.updates { learner.update(progress: 0) }
                    return Self.updates
                }
        }
    }
}
