import Gym
import Neural

/// Steps of a stochastic policy, gathered to be learned from once: row `step · environments + environment`.
struct PolicyRollout: Sendable {
    let environments: Int
    let steps: Int
    /// How many steps of every environment are there.
    private(set) var count = 0
    private(set) var states: States
    private(set) var choices: [Int32]
    private var rewards: [Double]
    private var endings: [UInt8]
    /// V of the state that an episode was cut short in; 0 elsewhere.
    private var cutValues: [Float]
    /// What ``estimate(values:next:discount:lambda:scale:)`` found.
    private(set) var advantages: [Float]
    private(set) var returns: [Float]

    init(_ network: Network, environments: Int, steps: Int, isMasked: Bool) {
        let rows = environments * steps
        self.environments = environments
        self.steps = steps
        states = States(rows: rows, network, masked: isMasked)
        choices = Array(repeating: 0, count: rows * network.head.components.count)
        rewards = Array(repeating: 0, count: rows)
        endings = Array(repeating: 0, count: rows)
        cutValues = Array(repeating: 0, count: rows)
        advantages = cutValues
        returns = cutValues
    }

    var rows: Int { environments * steps }
    var isFull: Bool { count == steps }

    /// Takes in where every environment is and what is done there.
    mutating func put(_ now: States, _ chosen: [Int32]) {
        func fill<T>(_ array: inout [T], _ rows: [T]) {
            for (index, element) in rows.enumerated() { array[count * rows.count + index] = element }
        }
        fill(&states.numbers, now.numbers)
        fill(&states.categories, now.categories)
        fill(&states.masks, now.masks)
        fill(&choices, chosen)
    }

    /// Takes in what came of it.
    /// - Parameter cuts: V of what each environment showed last, read where an episode was cut short.
    mutating func complete(_ given: [Double], _ ends: [Ending], cuts: [Float]) {
        for index in 0..<environments {
            let row = count * environments + index
            rewards[row] = given[index]
            endings[row] = ends[index].rawValue
            cutValues[row] = ends[index] == .truncated ? cuts[index] : 0
        }
        count += 1
    }

    mutating func clear() { count = 0 }

    /// Estimates how much better each decision was than the policy on average, and what V should have been: generalized
    /// advantage estimation (Schulman 2016), backwards in time. V beyond an episode that was cut short counts.
    /// - Parameters:
    ///   - values: V of each row.
    ///   - next: V of where each environment is after the last step.
    ///   - scale: by what rewards are multiplied.
    mutating func estimate(values: [Float], next: [Float], discount: Float, lambda: Float, scale: Float) {
        for index in 0..<environments {
            var (advantage, following) = (Float(0), next[index])
            for step in (0..<count).reversed() {
                let row = step * environments + index
                if endings[row] != Ending.none.rawValue { (advantage, following) = (0, cutValues[row]) }
                let error = Float(rewards[row]) * scale + discount * following - values[row]
                advantage = error + discount * lambda * advantage
                advantages[row] = advantage
                returns[row] = advantage + values[row]
                following = values[row]
            }
        }
    }

    func save(to checkpoint: inout Checkpoint) {
        checkpoint.put("rollout.count", [count])
        checkpoint.put("rollout.numbers", states.numbers)
        checkpoint.put("rollout.categories", states.categories)
        checkpoint.put("rollout.masks", states.masks)
        checkpoint.put("rollout.choices", choices)
        checkpoint.put("rollout.rewards", rewards)
        checkpoint.put("rollout.endings", endings)
        checkpoint.put("rollout.cut_values", cutValues)
    }

    mutating func restore(from checkpoint: Checkpoint, _ network: Network) throws(LearningError) {
        count = try checkpoint.integers("rollout.count", count: 1, in: 0..<steps)[0]
        states.numbers = try checkpoint.floats("rollout.numbers", count: states.numbers.count)
        states.categories = try checkpoint.members(
            "rollout.categories", of: network.observation.categories, count: states.categories.count)
        states.masks = try checkpoint.bytes("rollout.masks", count: states.masks.count)
        choices = try checkpoint.members("rollout.choices", of: network.action.head.components, count: choices.count)
        rewards = try checkpoint.doubles("rollout.rewards", count: rows)
        endings = try checkpoint.bytes("rollout.endings", count: rows)
        cutValues = try checkpoint.floats("rollout.cut_values", count: rows)
    }
}
