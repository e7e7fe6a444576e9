import Environments
import Gym
import Learning
import Testing

/// Shows a number in each lane; the action should say them all.
struct Saying: Environment {
    typealias Observation = Float
    typealias Action = Float

    let lanes: Int
    private var shown: [Float] = []

    static func request(lanes: Int) -> EnvironmentRequest {
        EnvironmentRequest(
            EnvironmentSpec(id: "Saying", summary: "", maxEpisodeSteps: 1) { _ throws(EnvironmentError) in
                Saying(lanes: lanes)
            })
    }

    private init(lanes: Int) { self.lanes = lanes }

    var observationSpace: Space { .box(Box(low: -1, high: 1, shape: [lanes])) }
    var actionSpace: Space { .box(Box(low: -1, high: 1, shape: [lanes])) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        shown = (0..<lanes).map { _ in 2 * random.randomFloat() - 1 }
        for lane in 0..<lanes { observation[lane] = shown[lane] }
    }

    mutating func step(
        _ action: Span<Float>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        var distance = 0.0
        for lane in 0..<lanes {
            distance += Double(abs(shown[lane] - action[lane]))
            observation[lane] = shown[lane]
        }
        return Step(reward: -distance / Double(lanes), terminated: true)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { shown.forEach { writer.write($0) } }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        for lane in shown.indices { shown[lane] = try reader.readFloat() }
    }
}

/// Says what is shown.
struct Echoing: Expert {
    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes { observations }
}

@Suite struct GrowingBinsTests {
    private static let settings: Value = ["hidden_sizes": [64], "discount": 0.0, "exploration": ["steps": 2_000]]
    private let request = Saying.request(lanes: 3)

    private func training(_ phase: Phase, steps: Int, _ changes: Value = settings) throws -> Training {
        try Training(
            TrainingRequest(
                environment: request, budget: .init(steps: steps), phases: [phase], evaluationInterval: 100_000,
                evaluationEpisodes: 5), try request.learner(changes), now: { 0 })
    }

    private func mean(_ policy: Policy) throws -> Double {
        try Evaluation(of: policy, in: request, seeds: (0..<500).map { 10_000 + UInt64($0) }).mean
    }

    /// How many bins apart what a policy does is, of 65.
    private func grain(_ policy: Policy, deterministic: Bool) throws -> Int {
        var random = RandomGenerator(seed: 2)
        let observations = Lanes.float32((0..<900).map { _ in 2 * random.randomFloat() - 1 })
        let actions = try policy.act(observations, rows: 300, deterministic: deterministic, random: &random)
        let bins = (0..<900).map { Int((32 * (actions.double($0) + 1)).rounded()) }
        return [64, 32, 16, 8, 4, 2, 1].first { step in bins.allSatisfy { $0.isMultiple(of: step) } } ?? 0
    }

    @Test func `begins with five bins, and opens finer ones until exploration ends`() throws {
        let training = try training(Phase(.q), steps: 2_200)
        var grains: [Int] = []
        while try !training.next().isEmpty {
            let policy = training.learner.policy
            let grain = policy.network.grain
            if grains.last != grain {
                grains.append(grain)
                #expect(try self.grain(policy, deterministic: false).isMultiple(of: grain))
            }
        }
        #expect(grains == [16, 8, 4, 2, 1])
        #expect(training.learner.transitions >= 2_000)
    }

    /// Acting at random gives −0.67. With no more than five bins the best is −0.125.
    @Test func `learns finer than it began`() throws {
        let training = try training(Phase(.q), steps: 16_000)
        while try !training.next().isEmpty {}
        let mean = try mean(training.learner.policy)
        #expect(mean > -0.09)
    }

    @Test func `what is shown is as fine as can be`() throws {
        let training = try training(Phase(.dagger, expert: Echoing()), steps: 4_000)
        while try !training.next().isEmpty { if training.learner.updates > 0 { break } }
        #expect(training.learner.policy.network.grain == 1)
        while try !training.next().isEmpty {}
        let mean = try mean(training.learner.policy)
        #expect(mean > -0.06)
        #expect(try grain(training.learner.policy, deterministic: true) == 1)
    }

    @Test func `a policy gradient has all bins`() throws {
        let training = try training(Phase(.ppo), steps: 300)
        while try !training.next().isEmpty {}
        #expect(training.learner.policy.network.grain == 1)
    }

    @Test func `a bin that opens begins between its neighbours`() throws {
        let training = try training(Phase(.q), steps: 500)
        var before: Policy?
        while try !training.next().isEmpty {
            let policy = training.learner.policy
            if let before, before.network.grain > policy.network.grain, before.updates == policy.updates { break }
            before = policy
        }
        let (coarse, fine) = (try #require(before), training.learner.policy)
        let grain = coarse.network.grain
        #expect(fine.network.grain == grain / 2)
        var random = RandomGenerator(seed: 1)
        let observation = Lanes.float32([0.3, -0.2, 0.7])
        let values = try fine.decide(observation, rows: 1, random: &random).values
        for lane in 0..<3 {
            for bin in stride(from: grain / 2, to: 65, by: grain) {
                let (low, high) = (values[65 * lane + bin - grain / 2], values[65 * lane + bin + grain / 2])
                #expect(abs(values[65 * lane + bin] - (low + high) / 2) < 1e-4)
            }
            #expect(values[65 * lane + 1] == -.infinity, "closed")
        }
    }

    @Test func `goes on with the bins that were open`() throws {
        let training = try training(Phase(.q), steps: 900)
        while try !training.next().isEmpty {}
        let learner = training.learner
        #expect((2...8).contains(learner.network.grain))
        var other = try request.learner(Self.settings, seed: 9)
        try other.restore(from: learner.checkpoint)
        #expect(other.network.grain == learner.network.grain)
        let policy = try Policy(other.network, learner.hyperparameters, from: learner.policy.checkpoint)
        #expect(policy.network.grain == learner.network.grain)
        var adopting = try request.learner(Self.settings, seed: 9)
        adopting.adopt(policy)
        #expect(adopting.network.grain == learner.network.grain)
    }

    @Test(arguments: [(65, 4), (65, 1), (10, 5), (5, 9)]) func `bins grow by doubling`(_ bins: Int, _ coarse: Int) {
        let error = #expect(throws: LearningError.self) {
            try request.learner(["bins": .int(Int64(bins)), "coarse_bins": .int(Int64(coarse))])
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("coarse_bins"))
    }

    @Test func `bins that are given are all open, unless something else is said`() throws {
        #expect(try request.learner(["bins": 7]).network.grain == 1)
        #expect(try request.learner(["box_distribution": "gaussian"]).network.grain == 1)
        #expect(try request.learner(["bins": 9, "coarse_bins": 9]).network.grain == 1)
        #expect(try request.learner(["bins": 9, "coarse_bins": 2]).network.grain == 8)
        #expect(try Saying.request(lanes: 2).learner([:]).network.grain == 1)
    }
}
