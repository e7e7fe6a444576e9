import Environments
import Gym
import Learning

/// How one training went.
struct LearningOutcome: Encodable {
    /// An evaluation on the way: 100 episodes, seeds of its own.
    struct Point: Encodable {
        let steps: Int
        let mean: Double
        let deviation: Double
    }

    let world: String
    let seed: UInt64
    let steps: Int
    let updates: Int
    /// Of its thread, evaluations included.
    let seconds: Double
    let curve: [Point]
    /// After how many steps the world counted as solved, where `train` without a target stops; nil for never.
    let solvedAfter: Int?
    /// What the policy that it decided for is worth.
    let value: Double

    /// Trains, decides, judges.
    init(
        _ task: LearningTask, seed: UInt64, stopping: Bool, progress: (Point) -> Void
    ) throws {
        let spec = try Catalogue.worlds.spec(task.world)
        let environment = EnvironmentRequest(spec)
        let request = task.request(environment, seed: seed, stopping: stopping)
        let clock = ContinuousClock()
        let start = clock.now
        let training = try Training(request, environment.learner(seed: seed)) {
            (clock.now - start) / .seconds(1)
        }
        let curve = try training.finish(progress)
        seconds = (clock.now - start) / .seconds(1)
        world = task.world
        self.seed = seed
        steps = training.steps
        updates = training.updates
        self.curve = curve
        solvedAfter = spec.rewardThreshold.flatMap { Self.solved(curve, $0) }
        value = try Judge(environment: environment).value(of: training.policy)
    }

    /// Two evaluations in a row.
    private static func solved(_ curve: [Point], _ threshold: Double) -> Int? {
        zip(curve, curve.dropFirst()).first { $0.mean >= threshold && $1.mean >= threshold }?.1.steps
    }
}

extension Training {
    /// Goes on to the end, and decides.
    /// - Parameter progress: is told each evaluation on the way.
    /// - Returns: the evaluations.
    func finish(_ progress: (LearningOutcome.Point) -> Void = { _ in }) throws -> [LearningOutcome.Point] {
        var curve: [LearningOutcome.Point] = []
        while true {
            let events = try next()
            if events.isEmpty { break }
            for case .evaluation(let judgement) in events {
                let evaluation = judgement.evaluation
                curve.append(
                    LearningOutcome.Point(
                        steps: judgement.steps, mean: evaluation.mean, deviation: evaluation.standardDeviation))
                curve.last.map(progress)
            }
        }
        try decide()
        return curve
    }
}
