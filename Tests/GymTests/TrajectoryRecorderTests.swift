import Gym
import Testing

/// Counts from 0; ends at 3, or where the time limit cuts. Its info says the count, its mask forbids what its parity is.
private struct Counter: Environment {
    typealias Observation = Int64
    typealias Action = Int64
    private var count: Int64 = 0

    var observationSpace: Space { .discrete(Discrete(10)) }
    var actionSpace: Space { .discrete(Discrete(2)) }
    var info: Value { ["count": .int(count), "action_mask": .integers(count % 2 == 0 ? [0, 1] : [1, 0])] }
    var hasActionMask: Bool { true }

    func writeActionMask(_ mask: inout MutableSpan<Bool>) {
        for action in 0..<2 { mask[action] = Int64(action) != count % 2 }
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        count = 0
        observation[0] = count
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        count += action[0] + 1
        observation[0] = count
        return Step(reward: Double(action[0]), terminated: count >= 3)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(count) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        count = try reader.read(Int64.self)
    }
}

struct TrajectoryRecorderTests {
    private func vector(_ count: Int, _ mode: AutoresetMode, limit: Int = 3) throws -> any VectorEnvironment {
        let spec = EnvironmentSpec(id: "Counter", summary: "", maxEpisodeSteps: limit) { _ throws(EnvironmentError) in
            Counter()
        }
        return try spec.make(options: VectorOptions(count: count, autoreset: mode))
    }

    /// Row 0 always takes action 0 (0, 1, 2, 3), row 1 always action 1 (0, 2, 4).
    private let slow = Trajectory(
        observations: .int64([0, 1, 2, 3]), actions: .int64([0, 0, 0]), rewards: [0, 0, 0],
        terminations: [false, false, true], truncations: [false, false, true],
        masks: [false, true, true, false, false, true, true, false],
        infos: [0, 1, 2, 3].map { ["count": .int($0), "action_mask": .integers($0 % 2 == 0 ? [0, 1] : [1, 0])] })
    private let quick = Trajectory(
        observations: .int64([0, 2, 4]), actions: .int64([1, 1]), rewards: [1, 1], terminations: [false, true],
        truncations: [false, false], masks: [false, true, false, true, false, true],
        infos: [0, 2, 4].map { ["count": .int($0), "action_mask": .integers([0, 1])] })

    /// What twelve steps of both rows come to.
    private func record(_ mode: AutoresetMode) throws -> [[Trajectory]] {
        let vector = try vector(2, mode)
        try vector.reset()
        var recorder = TrajectoryRecorder(of: vector)
        #expect(recorder.begin(vector).isEmpty)
        var ended: [[Trajectory]] = [[], []]
        for _ in 0..<12 {
            let actions = Lanes.int64([0, 1])
            try vector.step(actions)
            for part in recorder.record(vector, actions) { ended[part.index].append(part.trajectory) }
        }
        return ended
    }

    @Test func `under same_step an episode follows the other at once`() throws {
        #expect(try record(.sameStep) == [Array(repeating: slow, count: 4), Array(repeating: quick, count: 6)])
    }

    @Test func `under next_step the step that only resets is in no episode`() throws {
        #expect(try record(.nextStep) == [Array(repeating: slow, count: 3), Array(repeating: quick, count: 4)])
    }

    @Test func `where nothing resets by itself an episode begins with the reset`() throws {
        let vector = try vector(1, .disabled)
        var recorder = TrajectoryRecorder(of: vector)
        #expect(recorder.begin(vector).isEmpty)
        for seed in [UInt64(3), 4] {
            try vector.reset(seed: seed)
            #expect(recorder.begin(vector, seeds: [seed]).isEmpty)
            for step in 0..<3 {
                try vector.step(.int64([0]))
                #expect(recorder.steps == step)
                let ended = recorder.record(vector, .int64([0]))
                var expected = slow
                expected.seed = seed
                #expect(ended.map(\.trajectory) == (step == 2 ? [expected] : []))
            }
            #expect(recorder.steps == 0)
        }
    }

    @Test func `a reset in the middle gives the part so far, which can be closed`() throws {
        let vector = try vector(2, .disabled)
        try vector.reset()
        var recorder = TrajectoryRecorder(of: vector)
        _ = recorder.begin(vector)
        try vector.step(.int64([0, 1]))
        _ = recorder.record(vector, .int64([0, 1]))
        try vector.reset(seeds: [nil, nil], mask: [false, true], options: nil)
        let cut = recorder.begin(vector, mask: [false, true])
        #expect(cut.map(\.index) == [1])
        #expect(cut[0].trajectory.observations == .int64([0, 2]))
        #expect(cut[0].trajectory.truncations == [false])
        #expect(cut[0].trajectory.truncatedWhereOpen.truncations == [true])
        #expect(slow.truncatedWhereOpen == slow)
        // Of the other row the part is still open; the one that just began has no step.
        #expect(recorder.takeOpen().map(\.index) == [0])
        #expect(recorder.steps == 0)
    }

    @Test func `can begin in the middle of an episode`() throws {
        let vector = try vector(1, .sameStep)
        try vector.reset()
        try vector.step(.int64([0]))
        var recorder = TrajectoryRecorder(of: vector)
        _ = recorder.begin(vector)
        var ended: [Trajectory] = []
        for _ in 0..<2 {
            try vector.step(.int64([0]))
            ended += recorder.record(vector, .int64([0])).map(\.trajectory)
        }
        #expect(ended.map(\.observations) == [.int64([1, 2, 3])])
    }

    @Test func `keeps a wide mask once, and counts it as the memory that it takes`() throws {
        for (width, isTold, weight) in [(64, true, 1), (65, false, 1), (2_560, false, 11)] {
            let spec = EnvironmentSpec(id: "Wide", summary: "", maxEpisodeSteps: 2) { _ throws(EnvironmentError) in
                Wide(width: width)
            }
            let vector = try spec.make(options: VectorOptions(autoreset: .sameStep))
            var recorder = TrajectoryRecorder(of: vector)
            try vector.reset(seed: 1)
            #expect(recorder.begin(vector).isEmpty)
            try vector.step(.int64([0]))
            #expect(recorder.record(vector, .int64([0])).isEmpty && recorder.weight == weight)
            try vector.step(.int64([0]))
            let episode = try #require(recorder.record(vector, .int64([0])).first).trajectory
            #expect(episode.masks == (0..<3 * width).map { ($0 % width).isMultiple(of: 3) })
            #expect(episode.infos.map { $0["action_mask"] != nil } == [isTold, isTold, isTold])
            #expect(episode.infos.allSatisfy { $0["other"] == 7 })
        }
    }
}

/// Every third action is available.
private struct Wide: Environment {
    typealias Observation = Int64
    typealias Action = Int64

    let width: Int
    var observationSpace: Space { .discrete(Discrete(1)) }
    var actionSpace: Space { .discrete(Discrete(width)) }
    var hasActionMask: Bool { true }
    var info: Value {
        ["other": 7, "action_mask": .integers((0..<width).map { $0.isMultiple(of: 3) ? 1 : 0 })]
    }

    func writeActionMask(_ mask: inout MutableSpan<Bool>) {
        for action in 0..<width { mask[action] = action.isMultiple(of: 3) }
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        observation[0] = 0
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        Step(reward: 0)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {}
}
