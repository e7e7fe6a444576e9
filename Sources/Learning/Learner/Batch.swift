import Neural

/// The transitions of one update, and the memory in which it is computed.
struct Batch: Sendable {
    let count: Int
    /// The first rows are of steps that were shown, the next are labels, the others were experienced.
    var parts = (shown: 0, labels: 0)
    /// Where in the replay the steps begin, and where their returns over n steps end.
    var slots: [Int32]
    var lasts: [Int32]
    /// Returns over n steps, and what the value after them counts.
    var rewards: [Float]
    var discounts: [Float]
    /// Corrections for how likely the steps were to be drawn.
    var weights: [Float]
    /// [count, components]: what was done, and what is best afterwards.
    var choices: [Int32]
    var nextChoices: [Int32]
    /// [count, members], or empty: what was allowed, and what is allowed afterwards.
    var masks: [UInt8]
    var nextMasks: [UInt8]
    var values: [Float]
    var targets: [Float]
    /// What the best decisions are worth, and how much each row's decision is imitated.
    var expectations: [Float]
    var imitationWeights: [Float]
    var gradients: [Float]
    /// Rows of states above, rows of those afterwards below.
    var online: Workspace
    /// Rows of states afterwards.
    var target: Workspace

    var shownRows: Range<Int> { 0..<parts.shown }
    var labelRows: Range<Int> { parts.shown..<parts.shown + parts.labels }
    var ownRows: Range<Int> { labelRows.upperBound..<count }

    init(count: Int, network: Network, isMasked: Bool) {
        self.count = count
        slots = Array(repeating: 0, count: count)
        lasts = slots
        rewards = Array(repeating: 0, count: count)
        discounts = rewards
        weights = Array(repeating: 1, count: count)
        choices = Array(repeating: 0, count: count * network.head.components.count)
        nextChoices = choices
        let hasMasks = isMasked || network.embedding?.hasWithdrawn ?? false || network.grain > 1
        masks = Array(repeating: 1, count: hasMasks ? count * network.head.members : 0)
        nextMasks = masks
        values = rewards
        targets = rewards
        expectations = rewards
        imitationWeights = rewards
        gradients = rewards
        online = Workspace(for: network.perceptron, capacity: 2 * count)
        target = Workspace(for: network.perceptron, capacity: count)
    }
}

extension Replay {
    /// Brings what is in the slots of some rows of a batch before the network: states, and what was done there.
    func load(_ rows: Range<Int>, _ transform: Normalizer.Transform, to batch: inout Batch) {
        copyStates(batch.slots, rows: rows, transform, to: &batch.online, from: 0)
        copyChoices(batch.slots, rows: rows, to: &batch.choices)
    }

    /// Finds what n steps from the slots of some rows gave, by the rewards that the steps themselves gave.
    func follow(_ rows: Range<Int>, _ scale: Float, to batch: inout Batch) {
        copyOutcomes(
            batch.slots, rows: rows, scale: scale, rewards: &batch.rewards, discounts: &batch.discounts,
            lasts: &batch.lasts)
        Prefetch.rows(rows, of: batch.lasts, from: states.numbers, width: width.numbers)
    }

    /// The same, by other rewards.
    func follow(
        _ rows: Range<Int>, _ discount: Float, _ scale: Float, to batch: inout Batch, reward: (Int) -> Float
    ) {
        outcomes(
            of: batch.slots, rows: rows, discount: discount, scale: scale, rewards: &batch.rewards,
            discounts: &batch.discounts, lasts: &batch.lasts, reward: reward)
    }

    /// Brings the states after n steps before both networks.
    func loadNext(_ rows: Range<Int>, _ transform: Normalizer.Transform, to batch: inout Batch) {
        copyStates(batch.lasts, rows: rows, transform, to: &batch.online, from: batch.count)
        batch.target.load(rows, of: batch.online, from: batch.count + rows.lowerBound)
    }
}
