import Environments
import Gym
import Learning
import Testing

/// A training of many phases: each in its turn, within its budget, and resumed from anywhere.
@Suite struct PhaseTests {
    /// A world with a scripted expert, and a training there.
    struct Workflow: Sendable, CustomTestStringConvertible {
        let world: String
        let methods: [Phase.Method]
        var changes: Value = [:]
        var numEnvs = 2
        var testDescription: String { "\(world) \(methods.map(\.rawValue))" }

        static let steps = 240
        static let updates = 250

        func environment() throws -> EnvironmentRequest { try .world(world) }

        func demonstrations(_ count: Int = 3) throws -> [Trajectory] {
            try environment().demonstrations(of: environment().expert(), seeds: 900..<900 + UInt64(count))
        }

        func request() throws -> TrainingRequest {
            let expert = try environment().expert()
            let phases = methods.map { method in
                Phase(
                    method,
                    budget: method.kind == .imitate ? .init(updates: Self.updates) : .init(steps: Self.steps),
                    expert: method == .dagger ? expert : nil)
            }
            return TrainingRequest(
                environment: try environment(), numEnvs: numEnvs, phases: phases, demonstrations: try demonstrations(),
                evaluationInterval: 60, evaluationEpisodes: 2, seed: 5)
        }

        func learner(seed: UInt64 = 1) throws -> Learner {
            let small: Value = [
                "hidden_sizes": [16], "batch_size": 16, "learning_starts": 40,
                "policy_gradient": ["rollout_steps": 30, "epochs": 2, "batch_size": 20],
                "adversarial": ["hidden_sizes": [8]],
            ]
            return try environment().learner(small.adding(changes), seed: seed)
        }
    }

    static let workflows = [
        Workflow(
            world: "CartPole-v1",
            methods: [.crossEntropy, .dagger, .margin, .q, .ppo, .policyGradient, .sqil, .gail, .airl]),
        Workflow(
            world: "CartPole-v1", methods: [.cql, .q, .airl], changes: ["replay": "prioritized", "n_step": 5],
            numEnvs: 3),
        Workflow(world: "Taxi-v4", methods: [.crossEntropy, .dagger, .q, .ppo, .gail]),
        Workflow(world: "Pendulum-v1", methods: [.margin, .dagger, .ppo, .airl], numEnvs: 1),
    ]

    @Test(arguments: workflows)
    func `go one after the other, each as far as it may`(_ workflow: Workflow) throws {
        let training = try Training(try workflow.request(), try workflow.learner(), now: { 0 })
        var (begun, before) = ([0], (steps: 0, updates: 0))
        var judged: Set<Int> = []
        while true {
            let now = training.phaseIndex
            let events = try training.next()
            if events.isEmpty { break }
            for event in events {
                switch event {
                case .phase(let index): begun.append(index)
                case .progress(let progress): #expect(progress.phase == now)
                case .evaluation(let judgement):
                    #expect(judgement.phase == now)
                    judged.insert(now)
                case .episode: #expect(workflow.methods[now].kind != .imitate)
                }
            }
            guard training.phaseIndex != now else { continue }
            let (steps, updates) = (training.steps - before.steps, training.updates - before.updates)
            if workflow.methods[now].kind == .imitate {
                #expect(steps == 0 && updates == Workflow.updates, "\(workflow.methods[now])")
            } else {
                #expect(steps == Workflow.steps && updates > 0, "\(workflow.methods[now])")
            }
            before = (training.steps, training.updates)
        }
        #expect(begun == Array(workflow.methods.indices))
        #expect(judged == Set(workflow.methods.indices))
        #expect(training.isFinished && training.progress == 1 && training.phaseIndex == workflow.methods.count)
        #expect(training.learner.updates == training.updates)
    }

    @Test(arguments: workflows)
    func `resumed within each, end as if nothing had happened`(_ workflow: Workflow) throws {
        let request = try workflow.request()
        let unbroken = try Training(request, try workflow.learner(), now: { 0 })
        while try !unbroken.next().isEmpty {}
        try unbroken.decide()

        let shown = Set(
            request.demonstrations.flatMap { episode -> [[Float]] in
                let (values, rows) = (episode.observations.floats, episode.length + 1)
                return (0..<rows).map { Array(values[$0 * values.count / rows..<($0 + 1) * values.count / rows]) }
            }
        ).subtracting([[]])
        var current = try Training(request, try workflow.learner(), now: { 0 })
        for index in workflow.methods.indices {
            let place = (Double(index) + 0.35) / Double(workflow.methods.count)
            while current.progress < place { _ = try current.next() }
            #expect(current.phaseIndex == index)
            let kept = Checkpoint(current.checkpoint.tensors)
            // Nothing of what was shown is kept: a set that is deleted is nowhere.
            for (name, tensor) in kept.tensors {
                guard let width = shown.first?.count, let values = tensor.floats, values.count >= width else {
                    continue
                }
                let rows = (0...values.count - width).map { Array(values[$0..<$0 + width]) }
                #expect(shown.isDisjoint(with: rows), "\(name)")
            }
            current = try Training(resuming: kept, request, try workflow.learner(seed: 99), now: { 0 })
            let again = current.checkpoint
            #expect(Set(again.tensors.keys) == Set(kept.tensors.keys))
            for (name, tensor) in kept.tensors { #expect(again[name] == tensor, "\(workflow.methods[index]) \(name)") }
        }
        while try !current.next().isEmpty {}
        try current.decide()
        let (left, right) = (unbroken.checkpoint, current.checkpoint)
        #expect(Set(left.tensors.keys) == Set(right.tensors.keys))
        for (name, tensor) in left.tensors { #expect(right[name] == tensor, "\(name)") }
    }

    @Test func `a checkpoint goes on with the demonstrations that are given again, and no others`() throws {
        let workflow = Workflow(world: "CartPole-v1", methods: [.crossEntropy])
        var request = try workflow.request()
        let first = try Training(request, try workflow.learner(), now: { 0 })
        while first.progress < 0.4 { _ = try first.next() }
        let kept = first.checkpoint
        request.demonstrations = try workflow.demonstrations(5)
        let other = try Training(resuming: kept, request, try workflow.learner(), now: { 0 })
        #expect(other.checkpoint["learner.parameters"] == kept["learner.parameters"])
        while try !first.next().isEmpty {}
        while try !other.next().isEmpty {}
        #expect(first.checkpoint["learner.parameters"] != other.checkpoint["learner.parameters"])
        request.demonstrations = []
        #expect(throws: LearningError.self) {
            try Training(resuming: kept, request, try workflow.learner(), now: { 0 })
        }
    }

    @Test func `a phase's hyperparameters are its own`() throws {
        let workflow = Workflow(world: "CartPole-v1", methods: [.crossEntropy])
        var request = try workflow.request()
        request.phases = [
            Phase(
                .crossEntropy, budget: .init(updates: 50), hyperparameters: ["learning_rate": 1e-8, "optimizer": "sgd"]),
            Phase(.crossEntropy, budget: .init(updates: 50)),
        ]
        let training = try Training(request, try workflow.learner(), now: { 0 })
        let start = try #require(training.checkpoint["learner.parameters"]?.floats)
        func distance() -> Float {
            zip(training.checkpoint["learner.parameters"]?.floats ?? [], start).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        while training.phaseIndex == 0 { _ = try training.next() }
        #expect(distance() < 1e-3)
        #expect(training.checkpoint["learner.moments.1"] != nil)
        while try !training.next().isEmpty {}
        #expect(distance() > 1)
        #expect(training.learner.hyperparameters.learningRate == 1e-3)
    }

    @Test func `scores are read anew once, though nothing is learned in between`() throws {
        let workflow = Workflow(world: "CartPole-v1", methods: [.crossEntropy])
        // Until there is enough experience there are no updates.
        let idle = Phase(.q, budget: .init(steps: 10), hyperparameters: ["learning_starts": 1_000])
        let trainings = try [[idle], [idle, idle], [idle, idle, idle]].map { phases in
            var request = try workflow.request()
            request.phases += phases
            let training = try Training(request, try workflow.learner(), now: { 0 })
            while try !training.next().isEmpty {}
            return training
        }
        #expect(trainings.allSatisfy { $0.updates == Workflow.updates })
        for training in trainings.dropFirst() {
            #expect(training.checkpoint["learner.parameters"] == trainings[0].checkpoint["learner.parameters"])
        }
    }

    @Test func `sqil explores to the end unless its phase says otherwise`() throws {
        let workflow = Workflow(world: "CartPole-v1", methods: [.q])
        func final(_ phase: Phase) throws -> Double {
            var request = try workflow.request()
            request.phases = [phase]
            return try Training(request, try workflow.learner(), now: { 0 }).learner.hyperparameters.exploration.final
        }
        #expect(try final(Phase(.q)) == 0.05)
        #expect(try final(Phase(.sqil)) == 0.15)
        #expect(try final(Phase(.sqil, hyperparameters: ["exploration": ["final": 0.01]])) == 0.01)
    }

    @Test func `a budget of all is that of the phases which act, or of those which imitate where none does`() throws {
        let workflow = Workflow(world: "CartPole-v1", methods: [.crossEntropy])
        var request = try workflow.request()
        request.budget = .init(steps: 100, updates: 150)
        request.phases = [
            Phase(.margin, budget: .init(updates: 200)), Phase(.q), Phase(.sqil, budget: .init(episodes: 2)),
        ]
        let training = try Training(request, try workflow.learner(), now: { 0 })
        while training.phaseIndex == 0 { _ = try training.next() }
        #expect(training.updates == 200 && training.steps == 0)
        while training.phaseIndex == 1 { _ = try training.next() }
        #expect(training.steps == 100)
        let episodes = training.episodes
        while try !training.next().isEmpty {}
        #expect(training.episodes - episodes == 2)

        request.phases = [Phase(.margin), Phase(.cql)]
        let offline = try Training(request, try workflow.learner(), now: { 0 })
        while offline.phaseIndex == 0 { _ = try offline.next() }
        #expect(offline.updates == 150 && offline.steps == 0)
        while try !offline.next().isEmpty {}
        #expect(offline.updates == 300 && offline.steps == 0)
        #expect(TrainingRequest.Budget().resolved.steps == TrainingRequest.Budget.defaultSteps)
        #expect(
            Phase(.cql).budget(within: .init(), among: [Phase(.cql)]).updates == TrainingRequest.Budget.defaultUpdates)
    }
}

extension Lanes {
    /// Those of a lane of real numbers; none where there are integers.
    var floats: [Float] { if case .float32(let values) = self { values } else { [] } }
}
