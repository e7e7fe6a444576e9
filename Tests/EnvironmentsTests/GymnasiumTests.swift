import Environments
import Gym
import Testing

struct GymnasiumSpec: Sendable {
    let id: String
    let maxEpisodeSteps: Int?
    let rewardThreshold: Double?
    let renderFPS: Int
    let observationSpace: Space
    let actionSpace: Space
}

struct GymnasiumEpisodes: Sendable {
    enum Policy { case sampled, masked, swing }

    let id: String
    let kwargs: Value
    let options: Value?
    let policy: Policy
    /// Episodes for each seed; only the first reset is seeded.
    let count: Int
    let results: [(seed: UInt64, steps: Int, total: Double, checksum: UInt64)]
}

struct GymnasiumTable: Sendable {
    let id: String
    let kwargs: Value
    let checksum: UInt64
}

/// The worlds against Gymnasium 1.4.0's own, bit for bit.
@Suite struct GymnasiumTests {
    @Test(arguments: gymnasiumSpecs) func `has Gymnasium's spaces, limits and thresholds`(
        _ expected: GymnasiumSpec
    ) throws {
        let spec = try Catalogue.worlds.spec(expected.id)
        let environment = try spec.make()
        #expect(spec.maxEpisodeSteps == expected.maxEpisodeSteps)
        #expect(spec.rewardThreshold == expected.rewardThreshold)
        #expect(spec.renderFPS == expected.renderFPS)
        #expect(environment.observationSpace == expected.observationSpace)
        #expect(environment.actionSpace == expected.actionSpace)
    }

    @Test(arguments: gymnasiumEpisodes) func `plays Gymnasium's episodes`(_ expected: GymnasiumEpisodes) throws {
        let environment = try Catalogue.worlds.spec(expected.id).make(kwargs: expected.kwargs)
        for (seed, steps, total, checksum) in expected.results {
            var run = Run(environment, expected.policy, seed: seed)
            for episode in 0..<expected.count {
                try run.play(seed: episode == 0 ? seed : nil, options: expected.options)
            }
            #expect(run.steps == steps && run.total == total, "\(expected.id) from seed \(seed)")
            #expect(run.checksum.total == checksum, "\(expected.id) from seed \(seed)")
        }
    }

    @Test(arguments: gymnasiumTables) func `has Gymnasium's transition tables`(_ expected: GymnasiumTable) throws {
        let environment = try Catalogue.worlds.spec(expected.id).make(kwargs: expected.kwargs)
        let table = try #require(environment.transitionTable)
        var checksum = Checksum()
        for (state, actions) in table.outcomes.enumerated() {
            for (action, outcomes) in actions.enumerated() {
                for outcome in outcomes {
                    checksum.add(state)
                    checksum.add(action)
                    checksum.add(outcome.probability)
                    checksum.add(outcome.next)
                    checksum.add(outcome.reward)
                    checksum.add(outcome.terminated ? 1 : 0)
                }
            }
        }
        for probability in table.initial { checksum.add(probability) }
        #expect(checksum.total == expected.checksum)
    }

    @Test(arguments: gymnasiumTexts.indices) func `writes Gymnasium's text pictures`(_ index: Int) throws {
        let (id, text) = gymnasiumTexts[index]
        let environment = try Catalogue.worlds.spec(id).make()
        var actions = SpaceSampler(environment.actionSpace, seed: 1)
        try environment.reset(seed: 1)
        var frames = try environment.render(0, .ansi).bytes
        for _ in 0..<6 where !environment.terminated[0] {
            try environment.step(environment.lanes { actions.sample(into: &$0) })
            frames += try environment.render(0, .ansi).bytes
        }
        #expect(String(decoding: frames, as: UTF8.self) == text)
    }
}

extension VectorEnvironment {
    /// The action that `write` writes, for a vector of one environment.
    func lanes(_ write: (inout LaneWriter) -> Void) -> Lanes {
        guard let layout = actionSpace.layout else { preconditionFailure("an action space has a layout") }
        var writer = LaneWriter(Lanes(layout.element, count: layout.count))
        write(&writer)
        return writer.lanes
    }
}

/// Episodes under one policy, with what they showed.
private struct Run {
    private let environment: any VectorEnvironment
    private let policy: GymnasiumEpisodes.Policy
    private var actions: SpaceSampler
    private(set) var steps = 0
    private(set) var total = 0.0
    private(set) var checksum = Checksum()

    init(_ environment: any VectorEnvironment, _ policy: GymnasiumEpisodes.Policy, seed: UInt64) {
        self.environment = environment
        self.policy = policy
        actions = SpaceSampler(environment.actionSpace, seed: seed)
    }

    mutating func play(seed: UInt64?, options: Value?) throws {
        try environment.reset(seed: seed, options: options)
        checksum.add(environment.observations)
        checksum.add(environment.info(0))
        for _ in 0..<1000 {
            try environment.step(choose())
            checksum.add(environment.observations)
            checksum.add(environment.rewards[0])
            checksum.add((environment.terminated[0] ? 2 : 0) + (environment.truncated[0] ? 1 : 0))
            checksum.add(environment.info(0))
            steps += 1
            total += environment.rewards[0]
            if environment.terminated[0] || environment.truncated[0] { break }
        }
    }

    private mutating func choose() -> Lanes {
        switch policy {
        case .sampled: return environment.lanes { actions.sample(into: &$0) }
        case .masked:
            let mask = environment.info(0)["action_mask"]?.arrayElements.map { $0 == 1 } ?? []
            return .int64([actions.sample(mask: mask)])
        case .swing:
            let forward = environment.observations.double(environment.observations.count - 1) >= 0
            switch environment.actionSpace {
            case .discrete(let space): return .int64([forward ? Int64(space.n - 1) : 0])
            case .box(let box): return .float32([Float(forward ? box.high[0] : box.low[0])])
            default: preconditionFailure("nothing to swing with")
            }
        }
    }
}
