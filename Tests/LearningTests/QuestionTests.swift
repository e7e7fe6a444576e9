import Gym
import Learning
import Testing

/// A training that asks somebody outside what to do.
@Suite struct QuestionTests {
    private static let round = 6
    private static let updates = 70

    private func training(
        _ world: String, rounds: Int = 3, numEnvs: Int = 2, _ changes: Value = [:], after: [Phase] = []
    ) throws -> (request: TrainingRequest, learner: Learner) {
        let environment = try EnvironmentRequest.world(world)
        let learner = try environment.learner([
            "hidden_sizes": [16], "batch_size": 16, "learning_starts": 10,
            "labels": ["round": .int(Int64(Self.round)), "pool": 4, "updates": .int(Int64(Self.updates))],
        ])
        let request = TrainingRequest(
            environment: environment, numEnvs: numEnvs,
            phases: [Phase(.dagger, budget: .init(steps: rounds * Self.round), hyperparameters: changes)] + after,
            evaluationEpisodes: 2, seed: 3)
        return (request, learner)
    }

    /// Answers what is open, as an expert does; in `order`, where that is given.
    private func answer(_ training: Training, _ expert: any Expert, _ order: [Int]? = nil) {
        let open = training.questions
        for index in order ?? Array(open.indices) {
            training.answer(open[index].id, expert.act(open[index].observation, rows: 1, masks: open[index].mask))
        }
    }

    private func finish(_ training: Training, _ expert: any Expert) throws {
        while !training.isFinished {
            while try !training.next().isEmpty {}
            if training.isWaiting { answer(training, expert) }
        }
    }

    @Test(arguments: ["CartPole-v1", "Taxi-v4", "MountainCarContinuous-v0"])
    func `asks a round, waits for all answers, learns them, asks the next`(_ world: String) throws {
        let (request, learner) = try training(world)
        let expert = try #require(request.environment).expert()
        let training = try Training(request, learner, now: { 0 })
        for round in 0..<3 {
            #expect(try training.next().isEmpty || round > 0)
            while try !training.next().isEmpty {}
            #expect(training.isWaiting && !training.isFinished)
            #expect(training.steps == round * Self.round && training.updates == round * Self.updates)
            let open = training.questions
            #expect(open.map(\.id) == Array(Self.round * round..<Self.round * (round + 1)))
            for question in open {
                #expect(question.observation.count == learner.network.observation.width)
                #expect(question.action.count == 1 && question.confidence > 0 && question.confidence <= 1)
                #expect(question.mask.count == (learner.isMasked ? learner.network.action.maskWidth : 0))
                if learner.isMasked { #expect(question.mask[Int(question.action.integer(0))]) }
            }
            // All but one are not enough; a stranger is not asked.
            answer(training, expert, Array(1..<Self.round))
            training.answer(1_000, open[0].action)
            #expect(try training.next().isEmpty && training.isWaiting && training.updates == round * Self.updates)
            answer(training, expert, [0])
            #expect(!training.isWaiting)
        }
        while try !training.next().isEmpty {}
        #expect(training.isFinished && training.questions.isEmpty)
        #expect(training.steps == 3 * Self.round)
        // The last answers were learned too.
        #expect(training.updates == 3 * Self.updates)
        #expect(training.checkpoint["learner.labels.written"]?.int64s == [Int64(3 * Self.round)])
    }

    @Test func `a budget of one round is learned`() throws {
        let (request, learner) = try training("FrozenLake-v1", rounds: 1)
        let training = try Training(request, learner, now: { 0 })
        while try !training.next().isEmpty {}
        for question in training.questions { training.answer(question.id, .int64([2])) }
        let asked = Lanes.int64(training.questions.map { $0.observation.integer(0) })
        var last: TrainingEvent.Progress?
        while true {
            let events = try training.next()
            if events.isEmpty { break }
            for case .progress(let progress) in events { last = progress }
        }
        #expect(training.isFinished && training.updates == Self.updates)
        #expect(last?.fraction == 1 && last?.steps == Self.round)
        var random = RandomGenerator(seed: 0)
        let actions = try training.policy.act(asked, rows: Self.round, random: &random)
        #expect((0..<Self.round).allSatisfy { actions.integer($0) == 2 })
    }

    @Test(arguments: ["CartPole-v1", "Taxi-v4", "Pendulum-v1"])
    func `resumed while it waits, with answers in any order, ends the same`(_ world: String) throws {
        let (request, learner) = try training(world, after: [Phase(.q, budget: .init(steps: 60))])
        let expert = try #require(request.environment).expert()
        let unbroken = try Training(request, learner, now: { 0 })
        try finish(unbroken, expert)

        var current = try Training(request, learner, now: { 0 })
        func resume() throws {
            let kept = Checkpoint(current.checkpoint.tensors)
            let open = current.questions
            current = try Training(resuming: kept, request, learner, now: { 0 })
            #expect(current.questions == open)
            let again = current.checkpoint
            for (name, tensor) in kept.tensors { #expect(again[name] == tensor, "\(name)") }
        }
        var random = RandomGenerator(seed: 1)
        while !current.isFinished {
            while try !current.next().isEmpty { try resume() }
            guard current.isWaiting else { continue }
            try resume()
            var order = Array(current.questions.indices)
            random.shuffle(&order)
            // A mistake, which is taken back later.
            let first = current.questions[order[0]]
            current.answer(first.id, first.action)
            answer(current, expert, Array(order[1..<3]))
            try resume()
            #expect(current.isWaiting)
            answer(current, expert, Array(order[3...]) + [order[0]])
            try resume()
            #expect(!current.isWaiting)
        }
        let (left, right) = (unbroken.checkpoint, current.checkpoint)
        #expect(Set(left.tensors.keys) == Set(right.tensors.keys))
        for (name, tensor) in left.tensors { #expect(right[name] == tensor, "\(name)") }
        #expect(unbroken.updates > 3 * Self.updates)
    }

    @Test func `asks where it is least sure, and elsewhere too`() throws {
        // The six least sure of 480 are all alike unsure; six others are as they come.
        let changes: Value = ["labels": ["round": 12, "pool": 40, "updates": 400]]
        let (request, learner) = try training("CartPole-v1", rounds: 6, changes)
        let expert = try #require(request.environment).expert()
        let training = try Training(request, learner, now: { 0 })
        while try !training.next().isEmpty {}
        for _ in 0..<2 {
            answer(training, expert)
            while try !training.next().isEmpty {}
            let confidences = training.questions.map(\.confidence).sorted()
            #expect(confidences.count == 12)
            #expect(10 * (confidences[5] - confidences[0]) < confidences[11] - confidences[6], "\(confidences)")
        }
    }

    @Test func `many answers make an expert of it`() throws {
        let environment = try EnvironmentRequest.world("FrozenLake-v1", kwargs: ["is_slippery": false])
        let expert = try environment.expert()
        let training = try Training(
            TrainingRequest(
                environment: environment, phases: [Phase(.dagger, budget: .init(steps: 60))], evaluationEpisodes: 2),
            try environment.learner(["hidden_sizes": [32], "labels": ["round": 10, "pool": 4, "updates": 100]]),
            now: { 0 })
        try finish(training, expert)
        #expect(try ExactValue.of(training.policy, in: environment) == 1)
    }
}
