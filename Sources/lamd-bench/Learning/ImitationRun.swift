import Gym
import Learning

/// How one training by a recipe went.
struct ImitationRun: Encodable {
    let way: String
    let world: String
    let variant: String
    let isNaive: Bool
    let seed: UInt64
    let steps: Int
    let labels: Int
    let updates: Int
    /// Of its thread, evaluations included.
    let seconds: Double
    /// The mean return of the episodes that were shown; 0 where there were none.
    let teacher: Double
    /// The mean return of the policy that it ended with, and the share of episodes that ended before the time limit.
    let value: Double
    let success: Double
    /// Of ``acts`` acts among masked actions, how many were not allowed; nil where nothing is masked.
    let invalid: Int?
    let curve: [LearningOutcome.Point]

    /// With five seeds a million.
    static let acts = 200_000

    init(_ task: ImitationTask, _ recipe: ImitationTask.Recipe, isNaive: Bool, seed: UInt64) throws {
        let environment = try task.environment
        let shown = try task.demonstrations(recipe.shown, seed: seed)
        let request = try task.request(recipe, shown: shown, seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        let training = try Training(request, try environment.learner(recipe.changes, seed: seed)) {
            (clock.now - start) / .seconds(1)
        }
        curve = try training.finish()
        seconds = (clock.now - start) / .seconds(1)
        let judged = try Judge(environment: environment).evaluation(of: training.policy)
        way = isNaive ? task.naive?.name ?? "" : task.name
        world = task.world
        variant = task.variant
        self.isNaive = isNaive
        self.seed = seed
        steps = training.steps
        labels = recipe.phases.contains { $0.method == .dagger } ? training.steps : 0
        updates = training.updates
        teacher = shown.isEmpty ? 0 : shown.map(\.episodeReturn).mean
        value = judged.mean
        invalid = task.isMasked ? try Self.invalidActs(of: training.policy, in: environment) : nil
        success = Double(judged.lengths.count { $0 < environment.horizon }) / Double(judged.lengths.count)
    }

    private static func invalidActs(of policy: Policy, in environment: EnvironmentRequest) throws -> Int {
        let rows = 100
        let vector = try environment.make(count: rows)
        try vector.reset(seed: 1 << 62)
        let width = vector.maskWidth
        var (random, invalid) = (RandomGenerator(seed: 0), 0)
        for _ in 0..<acts / rows {
            let masks = vector.actionMasks
            let actions = try policy.act(vector.observations, rows: rows, masks: masks, random: &random)
            invalid += (0..<rows).count { !masks[$0 * width + Int(actions.integer($0))] }
            try vector.step(actions)
        }
        return invalid
    }
}
