import Gym
import Learning
import Testing

/// Experience from environments that live in a client.
@Suite struct ObserveTests {
    private func transition(
        _ state: Int64, _ action: Int64, _ reward: Double, _ next: Int64, ends: Bool = false, episode: String = "a"
    ) -> Transitions {
        Transitions(
            observations: .int64([state]), actions: .int64([action]), rewards: [reward],
            nextObservations: .int64([next]),
            terminated: [ends], truncated: [false], episodeIDs: [episode])
    }

    @Test func `learns a crossing that it never steps itself`() throws {
        let request = try EnvironmentRequest.world("Crossing-v0")
        var learner = try request.learner(["learning_starts": 100])
        let vector = try request.make(count: 3)
        try vector.reset(seed: 1)
        var random = RandomGenerator(seed: 2)
        for _ in 0..<1_500 {
            let before = vector.observations
            let actions = try learner.policy.act(before, rows: 3, deterministic: false, random: &random)
            try vector.step(actions)
            let ended = zip(vector.terminated, vector.truncated).map { $0 || $1 }
            try learner.observe(
                Transitions(
                    observations: before, actions: actions, rewards: vector.rewards,
                    nextObservations: .int64(
                        (0..<3).map { (ended[$0] ? vector.finalObservations : vector.observations).integer($0) }),
                    terminated: vector.terminated, truncated: vector.truncated, episodeIDs: ["0", "1", "2"]))
            while learner.pendingUpdates > 0 { learner.update(progress: 0) }
        }
        #expect(learner.transitions == 4_500 && learner.updates > 2_000)
        let value = try #require(try ExactValue.of(learner.policy, in: request))
        #expect(abs(value - 50) < 1e-9)
    }

    @Test func `each transition pays for its share of updates, once there is enough to learn from`() throws {
        var learner = try EnvironmentRequest.world("Crossing-v0").learner([
            "learning_starts": 10, "batch_size": 4, "train_frequency": 4, "gradient_steps": 3,
        ])
        for step in 0..<10 { try learner.observe(transition(Int64(step % 2), 0, 0, Int64((step + 1) % 2))) }
        // Only the tenth found the learner ready: 3 of the 4 that an update costs.
        #expect(learner.pendingUpdates == 0)
        for step in 0..<8 { try learner.observe(transition(Int64(step % 2), 0, 0, Int64((step + 1) % 2))) }
        #expect(learner.pendingUpdates == 6)
        learner.update(progress: 0)
        #expect(learner.pendingUpdates == 5 && learner.updates == 1)
        try learner.observe(transition(0, 0, 0, 1), learn: false)
        #expect(learner.pendingUpdates == 5 && learner.transitions == 19)
    }

    @Test func `mixed episodes are kept apart`() throws {
        let request = try EnvironmentRequest.world("FrozenLake-v1")
        let changes: Value = ["n_step": 3, "learning_starts": 1, "batch_size": 1]
        var (mixed, apart) = (try request.learner(changes), try request.learner(changes))
        let left = [(0, 4), (4, 8), (8, 9)].map { transition($0, 1, 0, $1, ends: $1 == 9, episode: "left") }
        let right = [(0, 1), (1, 2), (2, 6)].map { transition($0, 2, 0.5, $1, ends: $1 == 6, episode: "right") }
        for step in 0..<3 {
            try mixed.observe(left[step])
            try mixed.observe(right[step])
        }
        for step in left + right { try apart.observe(step) }
        // Four states of each episode, the last of a terminated one is not kept.
        #expect(mixed.checkpoint["replay.written"] == apart.checkpoint["replay.written"])
        func sorted(_ learner: Learner) -> [[Int64]] {
            let checkpoint = learner.checkpoint
            let (states, next) = (checkpoint["replay.categories"]?.int64s, checkpoint["replay.next"]?.int64s)
            let ends = checkpoint["replay.endings"]?.bytes
            guard let states, let next, let ends else { return [] }
            return states.indices.map { [states[$0], ends[$0] == 1 ? -1 : states[Int(next[$0])], Int64(ends[$0])] }
                .sorted { $0.lexicographicallyPrecedes($1) }
        }
        #expect(sorted(mixed) == sorted(apart))
        #expect(sorted(mixed).count == 6)
    }

    @Test func `a gap in an episode begins a new one`() throws {
        var learner = try EnvironmentRequest.world("FrozenLake-v1").learner(["n_step": 3])
        try learner.observe(transition(0, 1, 0, 4))
        try learner.observe(transition(8, 2, 0, 9))
        #expect(learner.checkpoint["replay.categories"]?.int64s == [0, 4, 8, 9])
    }

    @Test func `masks are refused where there are none, and checked where there are`() throws {
        var plain = try EnvironmentRequest.world("Crossing-v0").learner()
        var steps = transition(0, 0, 0, 1)
        steps.masks = [true, false]
        #expect(throws: LearningError.self) { try plain.observe(steps) }
        var masked = try EnvironmentRequest.world("Taxi-v4").learner()
        var ride = transition(0, 0, -1, 100)
        ride.masks = Array(repeating: false, count: 6)
        #expect(throws: LearningError.self) { try masked.observe(ride) }
        ride.masks[1] = true
        try masked.observe(ride)
        #expect(masked.transitions == 1)
    }
}
