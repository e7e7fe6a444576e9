import Environments
import Gym
import Learning
import Testing

/// What is remembered, held against a plain list that forgets nothing.
@Suite struct ReplayTests {
    private static let capacity = 100

    /// Every state that was ever written, and what became of it.
    struct PlainList {
        struct Entry {
            let state: Float
            var reward: Float?
            var ending = 0
            var before: Int?
            var after: Int?
        }

        let capacity: Int
        let nStep: Int
        let discount: Float
        private(set) var entries: [Entry] = []
        /// The state that each episode is in.
        private var places: [String: Int] = [:]

        init(capacity: Int, nStep: Int, discount: Float) {
            (self.capacity, self.nStep, self.discount) = (capacity, nStep, discount)
        }

        private func isForgotten(_ index: Int) -> Bool { index < entries.count - capacity }

        private mutating func write(_ state: Float) -> Int {
            entries.append(Entry(state: state))
            return entries.count - 1
        }

        mutating func observe(_ episode: String, _ state: Float, _ reward: Double, _ next: Float, ending: Int) {
            var place = places[episode]
            if place.map({ isForgotten($0) || entries[$0].state != state }) ?? true { place = write(state) }
            guard let place else { return }
            entries[place].reward = Float(reward)
            entries[place].ending = ending
            places[episode] = nil
            guard ending != 1 else { return }
            let following = write(next)
            // The very state that was acted in may be the one that makes room.
            if !isForgotten(place) {
                entries[place].after = following
                entries[following].before = place
            }
            if ending == 0 { places[episode] = following }
        }

        /// The entries that a ring still has, with where it has them.
        var kept: [(slot: Int, entry: Int)] {
            (max(0, entries.count - capacity)..<entries.count).map { ($0 % capacity, $0) }
        }

        /// The steps from an entry on, and whether the episode is known to its end.
        private func rest(from entry: Int) -> (steps: [Int], isOver: Bool) {
            var (steps, place): ([Int], Int?) = ([], entry)
            while let now = place, entries[now].reward != nil {
                steps.append(now)
                if entries[now].ending != 0 { return (steps, true) }
                place = entries[now].after
            }
            return (steps, false)
        }

        func isReady(_ entry: Int) -> Bool {
            let (steps, isOver) = rest(from: entry)
            return !steps.isEmpty && (isOver || steps.count >= nStep)
        }

        func outcome(of entry: Int) -> Float {
            let (steps, isOver) = rest(from: entry)
            return isOver ? steps.reversed().reduce(0) { (entries[$1].reward ?? 0) + discount * $0 } : .nan
        }

        func slot(before entry: Int) -> Int64 {
            guard let before = entries[entry].before, !isForgotten(before) else { return -1 }
            return Int64(before % capacity)
        }
    }

    private func learner(_ nStep: Int) throws -> Learner {
        let observation = Space.box(Box(low: -1e6, high: 1e6, shape: [1]))
        let action = Space.discrete(Discrete(3))
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply([
            "replay_capacity": .int(Int64(Self.capacity)), "n_step": .int(Int64(nStep)), "hidden_sizes": [],
            "batch_size": 1, "learning_starts": 1, "discount": 0.9,
        ])
        return try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: false, seed: 0)
    }

    /// Random steps of several episodes at once. Now and then one jumps, and one rests until all it knew is forgotten.
    private func compare(_ learner: inout Learner, _ list: inout PlainList, steps: Int, seed: UInt64) throws {
        var random = RandomGenerator(seed: seed)
        var now: [Float] = (0..<6).map { -Float($0) - 1 }
        var fresh: Float = 1
        for step in 0..<steps {
            // The last rests 150 of 200 steps.
            let stream = random.integers(0, step % 200 < 150 ? 5 : 6)
            if random.random() < 0.02 {
                now[stream] = fresh
                fresh += 1
            }
            let ending = random.random() < 0.08 ? random.integers(1, 3) : 0
            let (state, next, reward) = (now[stream], fresh, random.random() - 0.5)
            fresh += 1
            list.observe("\(stream)", state, reward, next, ending: ending)
            try learner.observe(
                Transitions(
                    observations: .float32([state]), actions: .int64([0]), rewards: [reward],
                    nextObservations: .float32([next]), terminated: [ending == 1], truncated: [ending == 2],
                    episodeIDs: ["\(stream)"]))
            now[stream] = ending == 0 ? next : fresh
            if ending != 0 { fresh += 1 }
        }
    }

    private func expectSame(_ learner: Learner, _ list: PlainList) throws {
        let checkpoint = learner.checkpoint
        let states = try #require(checkpoint["replay.numbers"]?.floats)
        let rewards = try #require(checkpoint["replay.rewards"]?.floats)
        let endings = try #require(checkpoint["replay.endings"]?.bytes)
        let next = try #require(checkpoint["replay.next"]?.int64s)
        let previous = try #require(checkpoint["replay.previous"]?.int64s)
        let returns = try #require(checkpoint["replay.returns"]?.floats)
        let isReady = try #require(checkpoint["replay.is_ready"]?.bools)
        #expect(checkpoint["replay.written"]?.int64s == [Int64(list.entries.count)])
        #expect(states.count == min(list.entries.count, Self.capacity))
        for (slot, entry) in list.kept {
            let known = list.entries[entry]
            #expect(states[slot] == known.state)
            #expect(previous[slot] == list.slot(before: entry), "before \(entry)")
            #expect(isReady[slot] == list.isReady(entry), "readiness of \(entry)")
            let outcome = list.outcome(of: entry)
            #expect(outcome.isNaN ? returns[slot].isNaN : abs(returns[slot] - outcome) < 1e-5, "outcome of \(entry)")
            guard let reward = known.reward else { continue }
            #expect(rewards[slot] == reward && Int(endings[slot]) == known.ending)
            if let after = known.after { #expect(next[slot] == Int64(after % Self.capacity)) }
        }
    }

    @Test(arguments: [1, 2, 3, 7], [UInt64(1), 2, 3])
    func `holds what a plain list holds, as far back as it reaches`(_ nStep: Int, _ seed: UInt64) throws {
        var learner = try learner(nStep)
        var list = PlainList(capacity: Self.capacity, nStep: nStep, discount: 0.9)
        for part in 0..<12 {
            try compare(&learner, &list, steps: part == 0 ? 40 : 77, seed: 100 * seed + UInt64(part))
            try expectSame(learner, list)
        }
        #expect(list.entries.count > 8 * Self.capacity)
    }

    @Test func `a step in the oldest state of all leaves no link to what takes its place`() throws {
        var learner = try learner(1)
        var list = PlainList(capacity: Self.capacity, nStep: 1, discount: 0.9)
        func observe(_ episode: String, _ state: Float, _ next: Float, ending: Int = 0) throws {
            list.observe(episode, state, 1, next, ending: ending)
            try learner.observe(
                Transitions(
                    observations: .float32([state]), actions: .int64([0]), rewards: [1],
                    nextObservations: .float32([next]), terminated: [ending == 1], truncated: [ending == 2],
                    episodeIDs: [episode]))
        }
        for ending in [0, 2] {
            // Where `patient` waits now, and 99 states after it.
            let place = Float(list.entries.count)
            try observe("patient", place - 0.5, place)
            for step in 0..<98 { try observe("busy", place + Float(step), place + Float(step) + 1) }
            #expect(list.kept.first.map { list.entries[$0.entry].state } == place)
            try observe("patient", place, place + 0.25, ending: ending)
            try expectSame(learner, list)
            try observe("patient", place + 0.25, place + 0.5, ending: 1)
            try observe("busy", place + 98, place + 99, ending: 1)
            try expectSame(learner, list)
        }
    }

    @Test func `what is open when a phase ends is not learned from as if it were known`() throws {
        // One step in the first phase, whose n is 1: the only one that can be drawn after one more step. Its return ends
        // where nothing was done yet, however far returns reach in the second phase.
        let environment = try EnvironmentRequest.world("CartPole-v1")
        let parameters = try [2, 3, 10].map { nStep in
            let learner = try environment.learner([
                "n_step": 1, "batch_size": 1, "learning_starts": 1, "train_frequency": 1, "replay_capacity": 200,
            ])
            let phase = Phase(.q, budget: .init(steps: 1), hyperparameters: ["n_step": .int(Int64(nStep))])
            let request = TrainingRequest(
                environment: environment, phases: [Phase(.q, budget: .init(steps: 1)), phase], evaluationEpisodes: 1)
            let training = try Training(request, learner, now: { 0 })
            while try !training.next().isEmpty {}
            #expect(training.learner.updates == 2)
            return try #require(training.checkpoint["learner.parameters"]?.floats)
        }
        #expect(parameters[0] == parameters[1] && parameters[0] == parameters[2])
    }

    @Test func `labels are all kept, drawn, and lead nowhere`() throws {
        let environment = try EnvironmentRequest.world("FrozenLake-v1")
        let expert = Walker(actions: EvaluationTests.lake)
        let training = try Training(
            TrainingRequest(
                environment: environment, budget: .init(steps: 1_000, updates: 500),
                phases: [Phase(.dagger, expert: expert), Phase(.crossEntropy)], evaluationEpisodes: 1),
            try environment.learner(["hidden_sizes": [32]]), now: { 0 })
        while try !training.next().isEmpty {}
        let checkpoint = training.checkpoint
        // Far more than there was room for at first.
        let states = try #require(checkpoint["learner.labels.categories"]?.int64s)
        #expect(states.count == 1_000 && checkpoint["learner.labels.written"]?.int64s == [1_000])
        let choices = try #require(checkpoint["learner.labels.choices"]?.int64s)
        #expect(zip(states, choices).allSatisfy { EvaluationTests.lake[Int($0)] == Int($1) })
        #expect(checkpoint["learner.labels.is_ready"]?.bools?.allSatisfy { $0 } == true)
        #expect(checkpoint["learner.labels.previous"]?.int64s?.allSatisfy { $0 == -1 } == true)
        #expect(checkpoint["learner.labels.returns"]?.floats?.allSatisfy(\.isNaN) == true)
        // Drawn: every state that was come across is known.
        var random = RandomGenerator(seed: 0)
        let seen = Array(Set(states)).sorted()
        let actions = try training.learner.policy.act(.int64(seen), rows: seen.count, random: &random)
        #expect(seen.indices.allSatisfy { actions.integer($0) == Int64(EvaluationTests.lake[Int(seen[$0])]) })
    }

    @Test func `of what was shown nothing is ever forgotten`() throws {
        // 400 states, each shown once, early and late; room for 64 at first, and a ring would hold 100.
        let (observation, action) = (Space.discrete(Discrete(400)), Space.discrete(Discrete(3)))
        func best(_ state: Int) -> Int64 { Int64(state * 7 % 3) }
        let episodes = (0..<40).map { index -> Trajectory in
            let states = Array(10 * index..<10 * index + 10)
            return Trajectory(
                observations: .int64((states + [0]).map { Int64($0) }), actions: .int64(states.map(best)),
                rewards: states.map { _ in 0 }, terminations: states.map { $0 % 10 == 9 },
                truncations: states.map { _ in false })
        }
        var hyperparameters = Hyperparameters(observation: observation, action: action)
        try hyperparameters.apply([
            "hidden_sizes": [], "replay_capacity": 100, "learning_starts": 1, "learning_rate": 0.05,
        ])
        let learner = try Learner(
            observation: observation, action: action, hyperparameters: hyperparameters, isMasked: false, seed: 0)
        let training = try Training(
            TrainingRequest(
                environment: nil, budget: .init(updates: 1_000), phases: [Phase(.crossEntropy)],
                demonstrations: episodes), learner, now: { 0 })
        while try !training.next().isEmpty {}
        var random = RandomGenerator(seed: 0)
        let actions = try training.learner.policy.act(.int64((0..<400).map { Int64($0) }), rows: 400, random: &random)
        #expect((0..<400).allSatisfy { actions.integer($0) == best($0) })
    }
}
