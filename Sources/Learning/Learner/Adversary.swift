import Glibc
import Gym
import Neural

/// What tells experts' steps from the learner's own, and with it where rewards come from that nobody gave.
struct Adversary: Sendable {
    var discriminator: Discriminator
    private let network: Network
    private var expert: Discriminator.Steps
    private var own: Discriminator.Steps

    /// - Parameter seesNext: whether it is AIRL's, which looks at where a step led too.
    init(_ network: Network, _ settings: Hyperparameters.Adversarial, seesNext: Bool, random: inout RandomGenerator) {
        self.network = network
        let stateWidth = network.observation.numbers + network.observation.categories.reduce(0, +)
        discriminator = Discriminator(
            width: stateWidth + network.head.members, stateWidth: seesNext ? stateWidth : nil,
            hidden: settings.hiddenSizes, learningRate: Float(settings.learningRate),
            gradientPenalty: Float(settings.gradientPenalty)
        ) { random.random() }
        expert = Discriminator.Steps(numbers: [])
        own = expert
    }

    /// What the steps in some slots are worth, in order.
    mutating func rewards(_ slots: [Int], of source: borrowing Replay, _ view: View) -> [Float] {
        fill(&own, slots, of: source, view)
        var rewards = [Float](repeating: 0, count: slots.count)
        if !slots.isEmpty { discriminator.rewards(own, count: slots.count, to: &rewards) }
        return rewards
    }

    /// Learns to tell the steps in some slots of what was shown from as many of the learner's own.
    /// - Parameter logProbabilities: of what was chosen, under the policy as it is now.
    mutating func update(
        expert shown: (slots: [Int], source: Replay, logProbabilities: [Float]),
        own done: (slots: [Int], source: Replay, logProbabilities: [Float]), _ view: View,
        _ random: inout RandomGenerator
    ) -> Discriminator.Metrics {
        fill(&expert, shown.slots, of: shown.source, view)
        fill(&own, done.slots, of: done.source, view)
        expert.logProbabilities = shown.logProbabilities
        own.logProbabilities = done.logProbabilities
        let interpolation = shown.slots.map { _ in random.randomFloat() }
        return discriminator.update(expert: expert, own: own, rows: shown.slots.count, interpolation: interpolation)
    }

    /// How the learner sees states, and what a step later is worth.
    struct View {
        let transform: Normalizer.Transform
        let discount: Float
    }

    private func fill(
        _ steps: inout Discriminator.Steps, _ slots: [Int], of source: borrowing Replay, _ view: View
    ) {
        let (width, rows) = (discriminator.width, slots.count)
        reserve(&steps.numbers, rows * width)
        for (row, slot) in slots.enumerated() {
            write(source, slot, view, to: &steps.numbers, at: row * width)
            var start = row * width + width - network.head.members
            for (component, count) in network.head.components.enumerated() {
                let choice = Int(source.choices[slot * network.head.components.count + component])
                for member in 0..<count { steps.numbers[start + member] = member == choice ? 1 : 0 }
                start += count
            }
        }
        guard let stateWidth = discriminator.stateWidth else { return }
        reserve(&steps.nextStates, rows * stateWidth)
        reserve(&steps.discounts, rows)
        reserve(&steps.logProbabilities, rows)
        for (row, slot) in slots.enumerated() {
            let isOver = source.endings[slot] == Ending.terminated.rawValue
            write(source, isOver ? slot : Int(source.next[slot]), view, to: &steps.nextStates, at: row * stateWidth)
            steps.discounts[row] = isOver ? 0 : view.discount
        }
    }

    /// Writes a state as numbers: those it has, normalised, and a one for the member of each category that is on.
    private func write(
        _ source: borrowing Replay, _ slot: Int, _ view: View, to numbers: inout [Float], at start: Int
    ) {
        view.transform.apply(source.states.numbers, row: slot, to: &numbers, at: start)
        var place = start + network.observation.numbers
        for (lane, count) in network.observation.categories.enumerated() {
            let category = Int(source.states.categories[slot * network.observation.categories.count + lane])
            for member in 0..<count { numbers[place + member] = member == category ? 1 : 0 }
            place += count
        }
    }

    private func reserve(_ numbers: inout [Float], _ count: Int) {
        if numbers.count < count { numbers += repeatElement(0, count: count - numbers.count) }
    }
}

extension Learner {
    private var view: Adversary.View {
        Adversary.View(
            transform: normalizer.transform(hyperparameters), discount: Float(hyperparameters.discount))
    }

    /// What the discriminator gives for each step that the returns of the batch are summed over, in the order in which
    /// they are asked for, from the last.
    mutating func learnedRewards() -> [Float] {
        var slots: [Int] = []
        for row in batch.ownRows {
            _ = replay.outcome(of: Int(batch.slots[row]), discount: 1) { slot in
                slots.append(slot)
                return 0
            }
        }
        let view = view
        return adversary?.rewards(slots, of: replay, view).reversed() ?? []
    }

    /// Teaches the discriminator one batch.
    mutating func teachAdversary() {
        guard var adversary, let demonstrations else { return }
        self.adversary = nil
        defer { self.adversary = adversary }
        var slots = batch.slots
        let rows = 0..<batch.count
        demonstrations.drawUniformly(&slots, rows: rows, &random)
        let expert = slots.map { Int($0) }
        let likely = logProbabilities(slots, of: demonstrations)
        replay.drawUniformly(&slots, rows: rows, &random)
        let metrics = adversary.update(
            expert: (expert, demonstrations, likely),
            own: (slots.map { Int($0) }, replay, logProbabilities(slots, of: replay)), view, &random)
        self.metrics.add("discriminator_loss", metrics.crossEntropy)
        self.metrics.add("expert_accuracy", metrics.expertAccuracy)
        self.metrics.add("own_accuracy", metrics.ownAccuracy)
        if hyperparameters.adversarial.gradientPenalty > 0 {
            self.metrics.add("gradient_penalty", metrics.penalty)
        }
    }

    /// How likely the exploration policy would do what was done in some slots; AIRL alone asks.
    private mutating func logProbabilities(_ slots: [Int32], of source: borrowing Replay) -> [Float] {
        guard objective.rewards == .discriminator(seesNext: true) else { return [] }
        let (rows, head) = (0..<slots.count, network.head)
        source.copyStates(slots, rows: rows, normalizer.transform(hyperparameters), to: &batch.online, from: 0)
        if !batch.masks.isEmpty {
            source.copyMasks(slots, rows: rows, of: network.scored(nil), to: &batch.masks)
        }
        source.copyChoices(slots, rows: rows, to: &batch.choices)
        network.perceptron.forward(parameters, rows: slots.count, in: &batch.online)
        head.best(batch.online.outputs, rows: slots.count, masks: batch.masks, choices: &batch.nextChoices)
        return rows.map { row in
            var sum: Float = 0
            for (component, count) in head.components.enumerated() {
                let place = row * head.components.count + component
                let any = Float(exploration) / Float(count)
                let isBest = batch.choices[place] == batch.nextChoices[place]
                sum += logf(max(isBest ? 1 - Float(exploration) + any : any, 1e-6))
            }
            return sum
        }
    }
}
