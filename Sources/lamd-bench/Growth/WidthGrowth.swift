import Environments
import Gym
import Learning

/// What it costs that a network is wide.
struct WidthGrowth {
    private static let sizes = [32, 64, 128, 256, 512, 1_024]
    private static let batch = 64
    /// Passes of a batch in an update, forward and back: the target network's, the learned one's over the states now and
    /// afterwards, and two back.
    private static let passes = 5
    private static let experience = 2_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        let multiplications = Self.sizes.map(Self.multiplications)
        let learners = try Self.sizes.map { try learner(width: $0) }
        let updates = try cost(
            learners.map { learner in
                var learner = learner
                return {
                    learner.update(progress: 0)
                    return 1
                }
            })
        let acts = try cost(learners.map { try Self.act($0.policy) })
        return [
            Series(
                "width", "each further 1,000 multiplications of an update", in: "CPU ns",
                reason:
                    "small products leave the processor's multipliers waiting; the weights of the largest lie in no core's cache",
                sizes: Self.sizes, amounts: multiplications.map { $0 * Double(Self.passes * Self.batch) },
                totals: updates),
            Series(
                "width", "each further 1,000 multiplications of act", in: "CPU ns",
                reason:
                    "each weight is read once: those of small networks from the nearest cache, of the largest from the farthest",
                sizes: Self.sizes, amounts: multiplications, totals: acts),
        ]
    }

    /// Of one pass forward of one row, in thousands: four numbers in, two values and their mean out.
    private static func multiplications(_ width: Int) -> Double { Double(width * (4 + width + 3)) / 1e3 }

    private func learner(width: Int) throws -> Learner {
        try EnvironmentRequest(Catalogue.worlds.spec("CartPole-v1")).experiencedLearner(Self.experience) {
            ($0.hiddenSizes, $0.batchSize) = ([width, width], Self.batch)
        }
    }

    private static func act(_ policy: Policy) throws -> () -> Int {
        let observation = Lanes.float32([0.02, 0.18, 0.03, -0.26])
        return {
            for _ in 0..<100 { _ = policy.act(observation, rows: 1, masks: []) }
            return 100
        }
    }

    /// What one thing costs in nanoseconds.
    private func cost(_ works: [() -> Int]) throws -> [Double] {
        let race = try settings.race(
            works.map { work in { Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own, work) } })
        return works.indices.map { 1e9 / race.rate($0) }
    }
}
