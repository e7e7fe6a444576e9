import Environments
import Gym
import Testing

/// What holds for every environment, run over every one in the catalogue.
@Suite struct ConformanceTests {
    /// Sizes of Gymnasium's frames, from Crossing on of ours.
    private static let frameSizes = [
        "CartPole": (600, 400), "MountainCar": (600, 400), "MountainCarContinuous": (600, 400),
        "Pendulum": (500, 500), "Acrobot": (500, 500), "FrozenLake": (256, 256), "FrozenLake8x8": (512, 512),
        "Taxi": (536, 456), "CliffWalking": (768, 256), "CliffWalkingSlippery": (768, 256), "Blackjack": (384, 376),
        "Crossing": (480, 320), "DiscretizedPendulum": (500, 500), "Reach": (500, 500), "HybridMoving": (400, 400),
        "Recommender": (600, 400),
    ]

    /// A step's outcome, all of it.
    private struct Outcome: Equatable {
        let observation: Lanes
        let reward: Double
        let terminated: Bool
        let truncated: Bool
        let info: Value
    }

    private func make(_ id: String, _ options: VectorOptions = VectorOptions()) throws -> any VectorEnvironment {
        try Catalogue.worlds.spec(id).make(options: options)
    }

    private func outcome(_ environment: any VectorEnvironment) -> Outcome {
        Outcome(
            observation: environment.observations, reward: environment.rewards[0],
            terminated: environment.terminated[0], truncated: environment.truncated[0], info: environment.info(0))
    }

    /// Steps `count` times with actions from `actions`, resetting where an episode has ended.
    private func play(
        _ environment: any VectorEnvironment, _ count: Int, _ actions: inout SpaceSampler
    ) throws -> [Outcome] {
        try (0..<count).map { _ in
            if environment.terminated[0] || environment.truncated[0] {
                try environment.reset()
            } else {
                try environment.step(environment.lanes { actions.sample(into: &$0) })
            }
            return outcome(environment)
        }
    }

    private func observation(_ environment: any VectorEnvironment) -> Value {
        var offset = 0
        return environment.observationSpace.value(of: environment.observations, at: &offset)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `observes only elements of its space`(_ id: String) throws {
        let environment = try make(id)
        var actions = SpaceSampler(environment.actionSpace, seed: 11)
        for seed in 0..<5 as Range<UInt64> {
            try environment.reset(seed: seed)
            try environment.observationSpace.check(observation(environment))
            for _ in 0..<300 where !environment.terminated[0] && !environment.truncated[0] {
                try environment.step(environment.lanes { actions.sample(into: &$0) })
                try environment.observationSpace.check(observation(environment))
                #expect(environment.rewards[0].isFinite)
            }
        }
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `has infos where it says so`(_ id: String) throws {
        let environment = try make(id)
        var actions = SpaceSampler(environment.actionSpace, seed: 12)
        try environment.reset(seed: 12)
        let infos = try play(environment, 50, &actions).map(\.info)
        #expect(infos.contains { $0 != .object([]) } == environment.hasInfo)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `does the same again from the same seed`(
        _ id: String
    ) throws {
        let runs = try ([3, 3, 4] as [UInt64]).map { seed in
            let environment = try make(id)
            var actions = SpaceSampler(environment.actionSpace, seed: 1)
            try environment.reset(seed: seed)
            return try play(environment, 400, &actions)
        }
        #expect(runs[0] == runs[1])
        // The dry cliff holds nothing to chance.
        #expect(runs[0] != runs[2] || id == "CliffWalking-v1")
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `goes on identically from a snapshot in mid-episode`(
        _ id: String
    ) throws {
        let original = try make(id)
        let other = try make(id)
        var actions = SpaceSampler(original.actionSpace, seed: 2)
        try original.reset(seed: 9)
        try other.reset(seed: 10)
        // An episode of Blackjack may be over at once: snapshots of its first state will do.
        _ = try play(original, id == "Blackjack-v1" ? 0 : 5, &actions)
        var writer = StateWriter()
        original.save(to: &writer)
        var reader = StateReader(writer.bytes)
        try other.restore(from: &reader)
        #expect(reader.isAtEnd)
        #expect(outcome(other) == outcome(original))
        for mode in try Catalogue.worlds.spec(id).renderModes {
            #expect(try other.render(0, mode) == original.render(0, mode))
        }
        var same = actions
        #expect(try play(other, 300, &same) == play(original, 300, &actions))
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `refuses a snapshot that is cut short or out of range`(
        _ id: String
    ) throws {
        let environment = try make(id)
        try environment.reset(seed: 1)
        var writer = StateWriter()
        environment.save(to: &writer)
        let before = outcome(environment)
        for count in stride(from: 0, to: writer.bytes.count, by: 7) {
            var reader = StateReader(Array(writer.bytes.prefix(count)))
            #expect(throws: EnvironmentError.self) { try environment.restore(from: &reader) }
        }
        // The world's own state comes first: as a number it is not finite, as an index far out.
        var wrong = writer.bytes
        wrong.replaceSubrange(0..<8, with: Array(repeating: 0xff, count: 8))
        wrong[7] = 0x7f
        var reader = StateReader(wrong)
        #expect(throws: EnvironmentError.self) { try environment.restore(from: &reader) }
        #expect(outcome(environment) == before)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `is truncated at a time limit and then wants a reset`(
        _ id: String
    ) throws {
        let environment = try make(id, VectorOptions(maxEpisodeSteps: 3))
        let action = environment.lanes { writer in
            var actions = SpaceSampler(environment.actionSpace, seed: 0)
            actions.sample(into: &writer)
        }
        #expect(throws: EnvironmentError.resetNeeded(index: 0)) { try environment.step(action) }
        var truncations = 0
        for seed in 0..<20 as Range<UInt64> {
            try environment.reset(seed: seed)
            var steps = 0
            while !environment.terminated[0] && !environment.truncated[0] {
                try environment.step(action)
                steps += 1
            }
            #expect(environment.truncated[0] == (steps == 3))
            #expect(environment.episodes.map(\.length) == [steps])
            if environment.truncated[0] { truncations += 1 }
            #expect(throws: EnvironmentError.resetNeeded(index: 0)) { try environment.step(action) }
        }
        #expect(truncations > 0)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `draws itself in each of its modes`(_ id: String) throws {
        let spec = try Catalogue.worlds.spec(id)
        let environment = try make(id)
        let size = try #require(Self.frameSizes[String(id.prefix { $0 != "-" })])
        try environment.reset(seed: 1)
        for mode in RenderMode.allCases {
            guard spec.renderModes.contains(mode) else {
                let supported = spec.renderModes.map(\.rawValue)
                #expect(throws: EnvironmentError.unsupportedRenderMode(mode.rawValue, supported: supported)) {
                    try environment.render(0, mode)
                }
                continue
            }
            let frame = try environment.render(0, mode)
            #expect(frame.mode == mode)
            if mode != .ansi { #expect(frame.width == size.0 && frame.height == size.1) }
            switch mode {
            case .svg: #expect(String(decoding: frame.bytes, as: UTF8.self).contains("width=\"\(size.0)px\""))
            case .png: #expect(frame.bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
            case .ansi: #expect(frame.bytes.last == 0x0a)
            case .rgbArray:
                #expect(frame.bytes.count == size.0 * size.1 * 3)
                #expect(Set(frame.bytes).count > 8, "more than an empty sheet")
            }
        }
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `is pictured as it moves`(_ id: String) throws {
        let environment = try make(id, VectorOptions(autoreset: .sameStep))
        var actions = SpaceSampler(environment.actionSpace, seed: 4)
        try environment.reset(seed: 4)
        var pictures: Set<[UInt8]> = []
        for _ in 0..<20 {
            try environment.step(environment.lanes { actions.sample(into: &$0) })
            pictures.insert(try environment.render(0, .svg).bytes)
        }
        #expect(pictures.count > 1)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `steps a vector as it steps one`(_ id: String) throws {
        let vector = try make(id, VectorOptions(count: 3, autoreset: .sameStep))
        let single = try make(id, VectorOptions(autoreset: .sameStep))
        let layout = try #require(vector.actionSpace.layout)
        let width = try #require(vector.observationSpace.layout).count
        try vector.reset(seed: 20)
        try single.reset(seed: 22)
        var actions = SpaceSampler(vector.actionSpace, seed: 6)
        for _ in 0..<200 {
            var batch = LaneWriter(Lanes(layout.element, count: 3 * layout.count))
            for _ in 0..<3 { actions.sample(into: &batch) }
            try vector.step(batch.lanes)
            try single.step(batch.lanes.rows(2..<3, width: layout.count))
            #expect(vector.observations.rows(2..<3, width: width) == single.observations)
            #expect(vector.rewards[2] == single.rewards[0] && vector.terminated[2] == single.terminated[0])
        }
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `refuses what it does not know`(_ id: String) throws {
        let spec = try Catalogue.worlds.spec(id)
        #expect(throws: EnvironmentError.self) { try spec.make(kwargs: ["no_such": 1]) }
        for parameter in spec.parameters {
            let name = parameter.name
            #expect(throws: EnvironmentError.self, "\(name)") { try spec.make(kwargs: .object([.init(name, "?")])) }
            _ = try spec.make(kwargs: .object([.init(name, parameter.defaultValue)]))
        }
        let environment = try spec.make()
        for options: Value in [["no_such": 1], "low"] {
            #expect(throws: EnvironmentError.self) { try environment.reset(seed: 0, options: options) }
        }
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `has a transition table that it follows`(
        _ id: String
    ) throws {
        let environment = try make(id)
        guard let table = environment.transitionTable else { return }
        for outcomes in table.outcomes.joined() {
            #expect(abs(outcomes.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
        }
        #expect(abs(table.initial.reduce(0, +) - 1) < 1e-12)
        var actions = SpaceSampler(environment.actionSpace, seed: 8)
        try environment.reset(seed: 8)
        for _ in 0..<300 where !environment.terminated[0] {
            let state = Int(environment.observations.integer(0))
            let action = environment.lanes { actions.sample(into: &$0) }
            try environment.step(action)
            let followed = table.outcomes[state][Int(action.integer(0))].contains {
                $0.next == Int(environment.observations.integer(0)) && $0.reward == environment.rewards[0]
                    && $0.terminated == environment.terminated[0]
            }
            #expect(followed)
            if environment.truncated[0] { break }
        }
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id)) func `masks exactly the actions that change nothing`(
        _ id: String
    ) throws {
        let environment = try make(id)
        guard environment.hasActionMask, let table = environment.transitionTable else { return }
        var actions = SpaceSampler(environment.actionSpace, seed: 3)
        try environment.reset(seed: 3)
        for _ in 0..<150 {
            var mask = Array(repeating: false, count: table.outcomes[0].count)
            var span = mask.mutableSpan
            environment.writeActionMask(0, &span)
            let state = Int(environment.observations.integer(0))
            #expect(mask == table.outcomes[state].map { $0.contains { $0.next != state } })
            #expect(environment.info(0)["action_mask"] == .integers(mask.map { $0 ? 1 : 0 }))
            try environment.step(.int64([actions.sample(mask: mask)]))
            if environment.terminated[0] || environment.truncated[0] { try environment.reset() }
        }
    }
}
