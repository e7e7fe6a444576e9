import Gym
import Neural

/// Taking experience in.
extension Learner {
    /// One sequence of steps: an environment of a vector, or an episode that lives in a client.
    struct Stream: Sendable, Equatable {
        var steps = Replay.Stream()
        /// The discounted sum of its rewards.
        var sum = 0.0
    }

    /// Chooses in rows of states, by the exploration policy where no other way is given.
    /// - Returns: the masks that it chose by, over the members that the network scores.
    mutating func choose(
        _ states: States, rows: Int, _ mode: Chooser.Mode?, in workspace: inout Workspace, _ choices: inout [Int32],
        _ isBest: inout [Bool]
    ) -> [UInt8] {
        refineBins()
        network.load(states, rows: rows, normalizer.transform(hyperparameters), into: &workspace)
        loadActingKeys(into: &workspace)
        network.perceptron.forward(parameters, rows: rows, in: &workspace)
        var masks = actingMasks(states.masks, rows: rows)
        network.action.close(&masks, grain: network.grain, network.head, rows: rows)
        Chooser(head: network.head, mode ?? .exploring(exploration)).choose(
            workspace.outputs, rows: rows, masks: masks, random: &random, choices: &choices, isBest: &isBest)
        return masks
    }

    /// Begins an episode in row `row` of `states`.
    mutating func begin(_ stream: inout Stream, _ states: States, row: Int) {
        restart(&stream, states, row: row)
        replay.begin(&stream.steps, states, row: row)
    }

    /// Sees an episode begin.
    mutating func restart(_ stream: inout Stream, _ states: States, row: Int) {
        see(states, row: row)
        stream.sum = 0
    }

    /// Sees one step: its reward, and where it led.
    mutating func witness(_ stream: inout Stream, reward: Double, _ states: States, row: Int) {
        see(states, row: row)
        rewardScale.observe(reward, discount: hyperparameters.discount, sum: &stream.sum)
        transitions += 1
    }

    /// Takes one step in: what was chosen in the stream's state, and row `row` of `states` that it led to.
    mutating func record(
        _ stream: inout Stream, _ choices: [Int32], isBest: Bool, row: Int, reward: Double, ending: Ending,
        to states: States
    ) {
        witness(&stream, reward: reward, states, row: row)
        replay.step(
            &stream.steps, choices: choices, isBest: isBest, at: row, reward: reward, ending: ending, to: states,
            row: row)
        if isReady { credit += hyperparameters.gradientSteps }
    }

    mutating func see(_ states: States, row: Int) {
        normalizer.observe(states.numbers, row: row)
    }

    /// Values are asked of the target network where it goes a small part of the way each time: it is a mean of the latest
    /// networks, and does not waver as each of them does. A table of keys has no copy that lags behind.
    private var settled: [Float] {
        let isMean = reading == .values && hyperparameters.targetUpdate.tau < 1 && target.count == parameters.count
        return isMean ? target : parameters
    }

    /// What it has come to, in a form that others may keep and ask.
    public var policy: Policy {
        Policy(
            network: network, hyperparameters: hyperparameters, parameters: settled, normalizer: normalizer,
            rewardScale: rewardScale, reading: reading, exploration: exploration, transitions: transitions,
            updates: updates)
    }
}
