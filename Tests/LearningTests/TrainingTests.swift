import Gym
import Learning
import Testing

@Suite struct TrainingTests {
    /// Worlds and settings that between them use every kind of state there is to resume.
    struct Case: Sendable, CustomTestStringConvertible {
        let world: String
        var changes: Value = [:]
        var numEnvs = 1
        var testDescription: String { "\(world) \(changes)" }
    }

    static let cases = [
        Case(world: "CartPole-v1", changes: ["replay": "prioritized", "replay_capacity": 1_000], numEnvs: 3),
        Case(world: "Pendulum-v1", changes: ["optimizer": "rmsprop", "n_step": 5]),
        Case(world: "Taxi-v4", changes: ["hidden_sizes": [16]], numEnvs: 2),
        Case(world: "Blackjack-v1", changes: ["optimizer": "sgd", "target_update": ["tau": 1, "period": 50]]),
    ]

    private func request(_ test: Case) throws -> TrainingRequest {
        TrainingRequest(
            environment: try .world(test.world), numEnvs: test.numEnvs, budget: .init(steps: 3_000),
            evaluationInterval: 700, evaluationEpisodes: 3, seed: 5)
    }

    private func finish(_ training: Training) throws {
        while try !training.next().isEmpty {}
        try training.decide()
    }

    @Test(arguments: cases)
    func `a resumed run ends as an unbroken one, bit for bit`(_ test: Case) throws {
        let request = try request(test)
        let environment = try EnvironmentRequest.world(test.world)
        let unbroken = try Training(request, try environment.learner(test.changes, seed: 1), now: { 0 })
        try finish(unbroken)

        let first = try Training(request, try environment.learner(test.changes, seed: 1), now: { 0 })
        var cuts = 0
        var current = first
        for share in [0.1, 0.5, 0.8] {
            while current.progress < share { _ = try current.next() }
            let kept = Checkpoint(current.checkpoint.tensors)
            // Whatever the learner of the resumed run was, it is replaced.
            current = try Training(
                resuming: kept, request, try environment.learner(test.changes, seed: 99), now: { 0 })
            #expect(current.checkpoint == kept)
            cuts += 1
        }
        try finish(current)
        #expect(cuts == 3)
        let (left, right) = (unbroken.checkpoint, current.checkpoint)
        #expect(Set(left.tensors.keys) == Set(right.tensors.keys))
        for (name, tensor) in left.tensors { #expect(right[name] == tensor, "\(name)") }
        #expect(unbroken.learner.updates > 1_000)
    }

    @Test func `two runs side by side are as one alone`() async throws {
        let alone = try EnvironmentRequest.world("CartPole-v1").trained(steps: 3_000, seed: 4).checkpoint
        try await withThrowingTaskGroup(of: Checkpoint.self) { group in
            for _ in 0..<2 {
                group.addTask { try EnvironmentRequest.world("CartPole-v1").trained(steps: 3_000, seed: 4).checkpoint }
            }
            for try await other in group { #expect(other == alone) }
        }
        let different = try EnvironmentRequest.world("CartPole-v1").trained(steps: 3_000, seed: 5).checkpoint
        #expect(different["learner.parameters"] != alone["learner.parameters"])
    }

    @Test func `evaluating more often does not change what is learned`() throws {
        let world = try EnvironmentRequest.world("CartPole-v1")
        let rarely = try world.trained(steps: 3_000, evaluationInterval: 3_000)
        let often = try world.trained(steps: 3_000, evaluationInterval: 500)
        #expect(rarely.checkpoint["learner.parameters"] == often.checkpoint["learner.parameters"])
    }

    @Test func `looks again soon where looking took few steps or reached the target, else later`() throws {
        /// After how many steps it evaluated the first three times.
        func looks(_ world: String, target: Double, every interval: Int? = nil) throws -> [Int] {
            let environment = try EnvironmentRequest.world(world)
            let request = TrainingRequest(
                environment: environment, targetReturn: target, evaluationInterval: interval, seed: 3)
            let training = try Training(
                request, environment.learner(["hidden_sizes": [8], "learning_starts": 100_000], seed: 1), now: { 0 })
            var looks: [Int] = []
            while looks.count < 3 {
                let events = try training.next()
                if events.isEmpty { break }
                for case .evaluation(let judgement) in events { looks.append(judgement.steps) }
            }
            return looks
        }
        #expect(try looks("CartPole-v1", target: 501, every: 700) == [700, 1_400, 2_100])
        // A hundred episodes of 200 steps are 20,000: a twentieth is 1,000.
        #expect(try looks("Pendulum-v1", target: 1) == [1_000, 2_000, 3_000])
        // Most of Acrobot's take 500.
        #expect(try looks("Acrobot-v1", target: 1) == [1_000, 4_000, 7_000])
        #expect(try looks("Acrobot-v1", target: -500) == [1_000, 2_000])
    }

    @Test func `what it says of a policy is what that does, in however many parts it was looked at`() throws {
        let world = try EnvironmentRequest.world("CartPole-v1")
        let training = try world.trained(steps: 2_000, evaluationInterval: 1_000)
        try training.decide()
        let said = try #require(training.evaluation)
        #expect(said.seeds.count == 60)
        var random = RandomGenerator(seed: 0)
        #expect(try Evaluation(of: training.policy, in: world, seeds: said.seeds, random: &random) == said)
    }

    @Test func `a checkpoint that does not say when to evaluate goes on`() throws {
        let request = try request(Self.cases[2])
        let learner = try EnvironmentRequest.world(Self.cases[2].world).learner(Self.cases[2].changes)
        let training = try Training(request, learner, now: { 0 })
        while training.progress < 0.3 { _ = try training.next() }
        var tensors = training.checkpoint.tensors
        #expect(tensors.removeValue(forKey: "look") != nil)
        let resumed = try Training(resuming: Checkpoint(tensors), request, learner, now: { 0 })
        try finish(resumed)
        #expect(resumed.progress == 1)
    }

    @Test func `a damaged checkpoint is refused by name`() throws {
        let request = try request(Self.cases[2])
        let learner = try EnvironmentRequest.world(Self.cases[2].world).learner(Self.cases[2].changes)
        let training = try Training(request, learner, now: { 0 })
        while training.progress < 0.3 { _ = try training.next() }
        let tensors = training.checkpoint.tensors
        let damages: [(String, Tensor?)] = [
            ("learner.parameters", nil), ("learner.target", Tensor([Float(1)])),
            (
                "learner.replay.next",
                Tensor(Array(repeating: Int64(-1), count: tensors["learner.replay.next"]?.count ?? 0))
            ),
            ("learner.replay.choices", Tensor(Array(repeating: Int64(6), count: 1_801))),
            ("learner.random", Tensor([UInt8](repeating: 0, count: 48))),
            ("streams.current", Tensor([Int64(1) << 40, 0])),
            ("environments", Tensor([UInt8](repeating: 255, count: 10))), ("counts", Tensor([Float(0)])),
        ]
        for (name, tensor) in damages {
            var damaged = tensors
            damaged[name] = tensor
            #expect(throws: LearningError.self, "\(name)") {
                try Training(resuming: Checkpoint(damaged), request, learner, now: { 0 })
            }
        }
    }

    @Test(arguments: ["steps", "episodes", "updates", "seconds"])
    func `stops when its budget is used up`(_ kind: String) throws {
        var budget = TrainingRequest.Budget()
        switch kind {
        case "steps": budget.steps = 1_500
        case "episodes": budget.episodes = 40
        case "updates": budget.updates = 100
        default: budget.seconds = 0.5
        }
        let environment = try EnvironmentRequest.world("CartPole-v1")
        var time = 0.0
        let training = try Training(
            TrainingRequest(environment: environment, numEnvs: 2, budget: budget, evaluationEpisodes: 2),
            try environment.learner(),
            now: {
                time += 1 / 1_024
                return time
            })
        var last: TrainingEvent.Progress?
        var episodes = 0
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            for event in events {
                switch event {
                case .progress(let progress): last = progress
                case .episode(let episode):
                    episodes += 1
                    #expect(episode.number == episodes && episode.episodeReturn == Double(episode.length))
                case .evaluation, .phase: break
                }
            }
        }
        let end = try #require(last)
        #expect(training.isFinished && !training.isTargetReached && end.fraction == 1)
        #expect(end.episodes == episodes)
        switch kind {
        case "steps": #expect(end.steps == 1_500)
        case "episodes": #expect((40...41).contains(end.episodes))
        case "updates": #expect((100...101).contains(end.updates))
        default: #expect(end.steps == 1_024)
        }
    }

    @Test func `a training without a budget has a cap`() throws {
        #expect(TrainingRequest.Budget().resolved.steps == TrainingRequest.Budget.defaultSteps)
        #expect(TrainingRequest.Budget(episodes: 3).resolved == TrainingRequest.Budget(episodes: 3))
    }

    @Test func `an impossible request is refused by name`() throws {
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let learner = try environment.learner()
        let requests: [(String, TrainingRequest)] = [
            ("steps", TrainingRequest(environment: environment, budget: .init(steps: 0))),
            ("seconds", TrainingRequest(environment: environment, budget: .init(seconds: -1))),
            ("num_envs", TrainingRequest(environment: environment, numEnvs: 0)),
            ("num_envs", TrainingRequest(environment: environment, numEnvs: 60_000)),
            ("evaluate/num_episodes", TrainingRequest(environment: environment, evaluationEpisodes: 0)),
        ]
        for (name, request) in requests {
            #expect {
                try Training(request, learner, now: { 0 })
            } throws: {
                if case .invalidRequest(name, _)? = $0 as? LearningError { true } else { false }
            }
        }
    }
}
