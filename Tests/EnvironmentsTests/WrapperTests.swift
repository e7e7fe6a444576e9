import Environments
import Gym
import Testing

/// The wrappers against Gymnasium 1.4.0's own, bit for bit.
@Suite struct WrapperTests {
    private func make(_ id: String, count: Int = 1, _ autoreset: AutoresetMode? = nil) throws -> any VectorEnvironment {
        try Catalogue.worlds.spec(id).make(options: VectorOptions(count: count, autoreset: autoreset))
    }

    private func wrapped(_ name: String) throws -> (any VectorEnvironment, freezeAt: Int?) {
        switch name {
        case "normalizedObservation": (try NormalizedObservations(make("CartPole-v1")), nil)
        case "normalizedObservations": (try NormalizedObservations(make("CartPole-v1", count: 4)), nil)
        case "normalizedObservationsFrozen": (try NormalizedObservations(make("Pendulum-v1", count: 4)), 300)
        case "normalizedRewards": (try NormalizedRewards(make("Pendulum-v1", count: 4)), nil)
        case "normalizedRewardsCartPole": (try NormalizedRewards(make("CartPole-v1", count: 4)), nil)
        case "normalizedRewardsSameStep":
            (try NormalizedRewards(make("CartPole-v1", count: 4, .sameStep), discount: 0.9, epsilon: 1e-3), 400)
        case "stackedBox": (try StackedFrames(make("CartPole-v1"), frames: 4), nil)
        case "stackedZero": (try StackedFrames(make("CartPole-v1"), frames: 3, padding: .zero), nil)
        case "stackedTuple": (try StackedFrames(make("Blackjack-v1"), frames: 3), nil)
        case "stackedDiscrete": (try StackedFrames(make("FrozenLake-v1"), frames: 2, padding: .zero), nil)
        case "discretized": (try DiscretizedActions(make("Pendulum-v1"), bins: [11]), nil)
        case "discretizedPlane": (try DiscretizedActions(plane(), bins: [3, 7]), nil)
        default: (try DiscretizedActions(plane(), bins: [3, 7], multiDiscrete: true), nil)
        }
    }

    private func plane() -> any VectorEnvironment {
        SyncVectorEnvironment(
            Plane(), Spaces(observation: Plane().observationSpace, action: Plane().actionSpace),
            options: VectorOptions())
    }

    private func actions(for environment: any VectorEnvironment, _ random: inout RandomGenerator) -> Lanes {
        switch environment.actionSpace {
        case .discrete(let space): .int64((0..<environment.count).map { _ in Int64(random.integers(0, space.n)) })
        case .multiDiscrete(let space): .int64(space.nvec.map { Int64(random.integers(0, $0)) })
        case .box(let box):
            .float32((0..<environment.count).map { _ in Float(random.uniform(box.low[0], box.high[0])) })
        default: preconditionFailure("no such actions here")
        }
    }

    @Test(arguments: gymnasiumWrappers.keys.sorted()) func `changes what Gymnasium's wrapper changes`(
        _ name: String
    ) throws {
        let (environment, freezeAt) = try wrapped(name)
        var random = RandomGenerator(seed: 9)
        var checksum = Checksum()
        try environment.reset(seed: 3)
        checksum.add(environment.observations)
        for step in 0..<700 {
            if step == freezeAt {
                (environment as? NormalizedObservations)?.isUpdating = false
                (environment as? NormalizedRewards)?.isUpdating = false
            }
            try environment.step(actions(for: environment, &random))
            checksum.add(environment.observations)
            environment.rewards.forEach { checksum.add($0) }
            if environment.options.autoreset == .disabled && environment.needsReset[0] {
                try environment.reset()
                checksum.add(environment.observations)
            }
        }
        #expect(checksum.total == gymnasiumWrappers[name])
    }

    @Test(arguments: gymnasiumWrappers.keys.sorted()) func `observes only elements of its space`(
        _ name: String
    ) throws {
        let (environment, _) = try wrapped(name)
        var random = RandomGenerator(seed: 9)
        try environment.reset(seed: 3)
        let layout = try #require(environment.observationSpace.layout)
        #expect(environment.observations.element == layout.element)
        #expect(environment.observations.count == layout.count * environment.count)
        for _ in 0..<3 where !environment.needsReset[0] {
            try environment.step(actions(for: environment, &random))
            var offset = 0
            try environment.observationSpace.check(
                environment.observationSpace.value(of: environment.observations, at: &offset))
        }
    }

    @Test(arguments: gymnasiumWrappers.keys.sorted()) func `goes on identically from a snapshot`(
        _ name: String
    ) throws {
        let (original, _) = try wrapped(name)
        let (other, _) = try wrapped(name)
        var random = RandomGenerator(seed: 9)
        try original.reset(seed: 3)
        for _ in 0..<6 where !original.needsReset[0] { try original.step(actions(for: original, &random)) }
        var writer = StateWriter()
        original.save(to: &writer)
        var reader = StateReader(writer.bytes)
        try other.restore(from: &reader)
        #expect(reader.isAtEnd)
        for _ in 0..<50 {
            #expect(other.observations == original.observations && other.rewards == original.rewards)
            if original.options.autoreset == .disabled && original.needsReset[0] {
                try original.reset()
                try other.reset()
            } else {
                let actions = actions(for: original, &random)
                try original.step(actions)
                try other.step(actions)
            }
        }
    }

    @Test func `keeps the last stack of an episode that ends, and begins the next afresh`() throws {
        let inner = try make("CartPole-v1", count: 2, .sameStep)
        let twin = try make("CartPole-v1", count: 2, .sameStep)
        let stacked = try StackedFrames(inner, frames: 3)
        try stacked.reset(seed: 5)
        try twin.reset(seed: 5)
        var recent = [twin.observations, twin.observations]
        for _ in 0..<100 {
            let before = recent
            try stacked.step(.int64([1, 0]))
            try twin.step(.int64([1, 0]))
            recent = [recent[1], twin.observations]
            guard let ended = twin.episodes.first?.index else { continue }
            let frames = (before + [twin.finalObservations]).map { $0.rows(ended..<ended + 1, width: 4) }
            #expect(stacked.finalObservations.rows(ended..<ended + 1, width: 12) == joined(frames))
            let fresh = twin.observations.rows(ended..<ended + 1, width: 4)
            #expect(stacked.observations.rows(ended..<ended + 1, width: 12) == joined([fresh, fresh, fresh]))
            return
        }
        Issue.record("no episode ended")
    }

    private func joined(_ lanes: [Lanes]) -> Lanes { .float32(lanes.flatMap { Float.array(of: $0) }) }

    @Test func `says of each discretised action what it does`() throws {
        let plane = try DiscretizedActions(plane(), bins: [3, 7])
        let features = try #require(plane.actionFeatures)
        #expect(features.count == 21 && features.width == 2)
        for action in 0..<21 {
            try plane.reset(seed: 0)
            try plane.step(.int64([Int64(action)]))
            #expect(plane.observations == .float32(Array(features.values[2 * action..<2 * action + 2])))
        }
        #expect(try DiscretizedActions(self.plane(), bins: [3, 7], multiDiscrete: true).actionFeatures == nil)
        let pendulum = try NormalizedRewards(DiscretizedActions(make("Pendulum-v1"), bins: [4]))
        #expect(pendulum.actionFeatures == ActionFeatures(width: 1, values: [-1.5, -0.5, 0.5, 1.5]))
    }

    @Test func `refuses what cannot be wrapped`() throws {
        let (cart, lake, pendulum) = (try make("CartPole-v1"), try make("FrozenLake-v1"), try make("Pendulum-v1"))
        let wrong: [() throws -> any VectorEnvironment] = [
            { try DiscretizedActions(cart, bins: [3]) },
            { try DiscretizedActions(pendulum, bins: [3, 3]) },
            { try DiscretizedActions(pendulum, bins: [0]) },
            { try DiscretizedActions(self.plane(), bins: [2000, 2000]) },
            { try StackedFrames(cart, frames: 0) },
            { try StackedFrames(cart, frames: 65) },
            { try NormalizedObservations(lake) },
            { try NormalizedObservations(cart, epsilon: 0) },
            { try NormalizedRewards(cart, discount: 1.5) },
            { try NormalizedRewards(cart, epsilon: -1) },
        ]
        for (index, make) in wrong.enumerated() {
            #expect(throws: EnvironmentError.self, "case \(index)") { _ = try make() }
        }
        let several = try NormalizedObservations(make("CartPole-v1", count: 2))
        #expect(throws: EnvironmentError.self) {
            try several.reset(seeds: [1, 2], mask: [true, false], options: nil)
        }
    }
}

/// Observes the action it was given.
private struct Plane: Environment {
    typealias Observation = Float
    typealias Action = Float

    var observationSpace: Space { .box(Box(low: -10, high: 10, shape: [2])) }
    var actionSpace: Space { .box(Box(low: [-1, -3], high: [2, 0.7], shape: [2])) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        observation.update(repeating: 0)
    }

    mutating func step(
        _ action: Span<Float>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        observation[0] = action[0]
        observation[1] = action[1]
        return Step(reward: 0)
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame {
        throw .unsupportedRenderMode(mode.rawValue, supported: [])
    }

    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {}
}
