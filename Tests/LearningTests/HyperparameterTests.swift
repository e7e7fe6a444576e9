import Gym
import Learning
import Testing

@Suite struct HyperparameterTests {
    private let defaults = Hyperparameters(
        observation: .box(Box(low: -1, high: 1, shape: [4])), action: .discrete(Discrete(2)))

    @Test func `every field is written once, and read back`() throws {
        var other = Hyperparameters(
            observation: .discrete(Discrete(16)), action: .box(Box(low: 0, high: 1, shape: [5])))
        #expect(other != defaults)
        try other.apply(defaults.value)
        #expect(other == defaults)
        #expect(Set(HyperparameterField.all.map(\.name)).count == HyperparameterField.all.count)
    }

    @Test(arguments: HyperparameterField.all.map(\.name))
    func `each field is written alone, and read back`(_ name: String) throws {
        let field = try #require(HyperparameterField.all.first { $0.name == name })
        let parts = name.split(separator: ".").map(String.init)
        func read(_ hyperparameters: Hyperparameters) throws -> Value {
            try #require(parts.reduce(hyperparameters.value as Value?) { $0?[$1] })
        }
        let old = try read(defaults)
        let new: Value
        switch field.domain {
        case .real(let range): new = .double(old.asDouble == range.lowerBound ? range.upperBound : range.lowerBound)
        case .integer(let range):
            let number = Int(try #require(old.asInt64))
            // Of 11 bins 6 may be the coarse ones.
            new = .int(name == "coarse_bins" ? 6 : Int64(number == range.lowerBound ? number + 1 : number - 1))
        case .boolean: new = .bool(old.asBool == false)
        case .choice(let names): new = .string(try #require(names.first { $0 != old.asString }))
        case .integers(let range, _): new = .integers([range.lowerBound, range.upperBound])
        }
        #expect(new != old)
        var changed = defaults
        // A batch must fit beside the widest layer, a Gaussian brings bins of its own.
        let beside: Value =
            ["hidden_sizes": ["batch_size": 8], "box_distribution": ["bins": 11]][name] ?? .object([])
        try changed.apply(parts.reversed().reduce(new) { .object([.init($1, $0)]) }.adding(beside))
        #expect(try read(changed) == new)
        var copy = defaults
        try copy.apply(changed.value)
        #expect(copy == changed && copy != defaults)
        try copy.apply(parts.reversed().reduce(old) { .object([.init($1, $0)]) })
        if name == "hidden_sizes" { copy.batchSize = defaults.batchSize }
        #expect(copy == defaults)
    }

    @Test func `takes over what is named and nothing else`() throws {
        var changed = defaults
        try changed.apply(["learning_rate": 0.25, "exploration": ["final": 0], "hidden_sizes": [7]])
        #expect(changed.learningRate == 0.25 && changed.exploration.final == 0 && changed.hiddenSizes == [7])
        changed.learningRate = defaults.learningRate
        changed.exploration.final = defaults.exploration.final
        changed.hiddenSizes = defaults.hiddenSizes
        #expect(changed == defaults)
    }

    @Test(
        arguments: [
            ("learning_rate", ["learning_rate": 0], "number"), ("batch_size", ["batch_size": 2.5], "integer"),
            ("batch_size", ["batch_size": 5_000], "4096"), ("optimizer", ["optimizer": "newton"], "adam"),
            ("double_q", ["double_q": 1], "true"), ("hidden_sizes", ["hidden_sizes": [0]], "integers"),
            ("hidden_sizes", ["hidden_sizes": [1, 1, 1, 1, 1, 1, 1, 1, 1]], "at most 8"),
            ("exploration.final", ["exploration": ["final": 2]], "number"),
            ("exploration", ["exploration": 0.1], "object"),
            ("exploration.end", ["exploration": ["end": 0.1]], "exploration.final"),
            ("learning_speed", ["learning_speed": 1], "learning_rate"), ("", 3, "object"),
            ("", ["exploration.final": 0.1], "no such"), ("exploration", ["exploration": ["a.b": 1]], "no such"),
            ("learning_starts", ["learning_starts": 500, "replay_capacity": 200], "replay_capacity"),
            ("batch_size", ["batch_size": 4_096, "hidden_sizes": [64, 4_096]], "1024"),
            ("n_step", ["n_step": 60, "replay_capacity": 200, "learning_starts": 1], "replay_capacity"),
            ("demonstration_share", ["demonstration_share": 1.5], "number"),
            ("imitation.loss", ["imitation": ["loss": "newton"]], "cross_entropy"),
            ("imitation.self", ["imitation": ["self": 1]], "true"), ("imitation", ["imitation": true], "object"),
            ("imitation.delta", ["imitation": ["delta": 1]], "imitation.margin"),
            ("expert_mixing", ["expert_mixing": -0.1], "number"),
            ("labels.round", ["labels": ["round": 0]], "integer"),
            ("labels.pool", ["labels": ["round": 10_000, "pool": 11]], "at most 10"),
            ("adversarial.hidden_sizes", ["adversarial": ["hidden_sizes": [1, 1, 1, 1, 1]]], "at most 4"),
            ("adversarial.hidden_sizes", ["adversarial": ["hidden_sizes": [2_048]]], "1024"),
            ("adversarial.reward_scale", ["adversarial": ["reward_scale": 0]], "number"),
            ("policy_gradient.clip", ["policy_gradient": ["clip": 0]], "number"),
            ("policy_gradient.gae_lambda", ["policy_gradient": ["gae_lambda": 1.1]], "number"),
            (
                "policy_gradient.batch_size", ["policy_gradient": ["batch_size": 4_096], "hidden_sizes": [4_096]],
                "at most 1024"
            ),
            ("box_distribution", ["box_distribution": "beta"], "gaussian"),
        ] as [(String, Value, String)])
    func `names the field at fault and what would be right`(_ name: String, _ value: Value, _ hint: String) {
        var changed = defaults
        #expect {
            try changed.apply(value)
        } throws: { error in
            guard case .invalidHyperparameter(name, let reason, nil)? = error as? LearningError else { return false }
            return reason.contains(hint)
        }
    }

    @Test(
        arguments: [
            ("hidden_sizes", ["hidden_sizes": [4_096, 4_096, 4_096]]),
            ("replay_capacity", ["replay_capacity": 10_000_000]),
        ] as [(String, Value)])
    func `what would take too much memory is refused`(_ name: String, _ value: Value) throws {
        let (observation, action) = (Space.box(Box(low: 0, high: 1, shape: [100])), Space.discrete(Discrete(2)))
        var large = Hyperparameters(observation: observation, action: action)
        try large.apply(value)
        #expect {
            try Learner(observation: observation, action: action, hyperparameters: large, isMasked: false, seed: 0)
        } throws: {
            if case .invalidHyperparameter(name, _, nil)? = $0 as? LearningError { true } else { false }
        }
    }

    @Test func `every default is within its range`() throws {
        for space in [Space.discrete(Discrete(500)), .box(Box(low: 0, high: 1, shape: [100, 1_000]))] {
            let defaults = Hyperparameters(observation: space, action: .discrete(Discrete(6)))
            var copy = defaults
            try copy.apply(defaults.value)
            #expect(copy == defaults)
        }
    }
}
