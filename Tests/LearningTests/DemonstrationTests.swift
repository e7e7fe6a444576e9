import Environments
import Gym
import Learning
import Testing

struct DemonstrationTests {
    private let seeds = (0..<10).map { UInt64($0) }

    /// Pushes towards where the pole falls.
    private struct Balancer: Expert {
        func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
            .int64((0..<rows).map { observations.double($0 * 4 + 2) + observations.double($0 * 4 + 3) > 0 ? 1 : 0 })
        }
    }

    /// Always does the first thing that there is.
    private struct Stubborn: Expert {
        func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes { Lanes(.int64, count: rows) }
    }

    private func play(_ seeds: [UInt64], exploration: Double = 0) throws -> [Trajectory] {
        try Demonstration.play(.world("CartPole-v1"), seeds, exploration: exploration, by: Balancer())
    }

    @Test func `is the episode that its seed and its actions give`() throws {
        for (seed, trajectory) in zip(seeds, try play(seeds)) {
            #expect(trajectory.seed == seed)
            let vector = try EnvironmentRequest.world("CartPole-v1").make()
            try vector.reset(seed: seed)
            #expect(trajectory.observations.rows(0..<1, width: 4) == vector.observations)
            for step in 0..<trajectory.length {
                try vector.step(trajectory.actions.rows(step..<step + 1, width: 1))
                #expect(trajectory.rewards[step] == vector.rewards[0])
                #expect(trajectory.terminations[step] == vector.terminated[0])
                #expect(trajectory.truncations[step] == vector.truncated[0])
            }
            #expect(
                trajectory.observations.rows(trajectory.length..<trajectory.length + 1, width: 4)
                    == vector.finalObservations)
            #expect(trajectory.terminations.last == true || trajectory.truncations.last == true)
        }
    }

    @Test func `a seed gives the same episode whoever plays beside it`() throws {
        let all = try play(seeds, exploration: 0.3)
        #expect(try seeds.map { try play([$0], exploration: 0.3)[0] } == all)
        #expect(try play(seeds, exploration: 0.3) == all)
        #expect(try play(seeds) != all)
    }

    @Test func `explores as much as it was told`() throws {
        let trajectories = try Demonstration.play(.world("CliffWalking-v1"), seeds, exploration: 0.25, by: Stubborn())
        let actions = trajectories.flatMap { Int64.array(of: $0.actions) }
        let other = Double(actions.count { $0 != 0 }) / Double(actions.count)
        // Of the random actions one in four is the same: 3/16, with a standard error of 0.004.
        #expect(abs(other - 0.1875) < 0.02)
    }

    @Test func `explores among what is allowed alone`() throws {
        let trajectories = try Demonstration.play(.world("Taxi-v4"), seeds, exploration: 1, by: Stubborn())
        for trajectory in trajectories {
            #expect(trajectory.masks.count == 6 * (trajectory.length + 1))
            for step in 0..<trajectory.length {
                #expect(trajectory.masks[step * 6 + Int(trajectory.actions.integer(step))])
            }
        }
    }
}
