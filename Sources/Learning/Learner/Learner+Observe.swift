import Gym
import Neural

extension Learner {
    /// More unfinished episodes than this are not remembered: the oldest goes on as if it began anew.
    private static let openEpisodes = 1_024

    /// Takes steps in that were made elsewhere. They enter where the collector's do.
    /// - Parameter learn: whether they pay for updates.
    /// - Precondition: rows and lanes are as the spaces have them.
    public mutating func observe(_ transitions: Transitions, learn: Bool = true) throws(LearningError) {
        let rows = transitions.rewards.count
        let masks = network.masks(transitions.masks, transitions.observations, rows: rows)
        var nextMasks = network.masks(transitions.nextMasks, transitions.nextObservations, rows: rows)
        for row in 0..<rows where transitions.terminated[row] { network.action.allowSomething(&nextMasks, row: row) }
        try check(masks, "action_mask", rows: rows)
        try check(nextMasks, "next_action_mask", rows: rows)
        let before = states(transitions.observations, masks, rows: rows)
        let after = states(transitions.nextObservations, nextMasks, rows: rows)
        var choices = [Int32](repeating: 0, count: rows * network.head.components.count)
        network.action.encode(transitions.actions, rows: rows, to: &choices)
        let isBest = areBest(choices, before, rows: rows)
        let paid = credit
        for row in 0..<rows {
            let id = transitions.episodeIDs[row]
            var stream = takeStream(id)
            if !replay.isAt(stream.steps, before, row: row) { begin(&stream, before, row: row) }
            let ending: Ending =
                transitions.terminated[row] ? .terminated : transitions.truncated[row] ? .truncated : .none
            record(
                &stream, choices, isBest: isBest[row], row: row, reward: transitions.rewards[row], ending: ending,
                to: after)
            if ending == .none { openStreams.append((id, stream)) }
        }
        if !learn { credit = paid }
    }

    private func check(_ masks: [Bool], _ name: String, rows: Int) throws(LearningError) {
        guard masks.isEmpty || isMasked else {
            throw .invalidRequest(
                name: name, reason: "this agent learns without masks; one that is made with \"is_masked\" heeds them")
        }
        do { try network.action.check(masks, rows: rows) } catch {
            guard case .invalidMask(let row, let reason) = error else { throw error }
            throw .invalidRequest(name: "transitions/\(row)/\(name)", reason: reason)
        }
    }

    func states(_ observations: Lanes, _ masks: [Bool], rows: Int) -> States {
        var states = States(rows: rows, network, masked: isMasked)
        network.observation.encode(observations, rows: 0..<rows, to: &states)
        if !masks.isEmpty { states.masks = network.action.widen(masks, rows: rows) }
        return states
    }

    /// Who acted there is not known; whether the learner would have done the same is.
    private mutating func areBest(_ choices: [Int32], _ states: States, rows: Int) -> [Bool] {
        let width = network.head.components.count
        if let component = acting?.embedding.component {
            recent = Array((recent + (0..<rows).map { choices[$0 * width + component] }).suffix(Self.recentCount))
        }
        var workspace = Workspace(for: network.perceptron, capacity: min(rows, Scratch.rows))
        return stride(from: 0, to: rows, by: Scratch.rows).flatMap { start in
            let part = start..<min(start + Scratch.rows, rows)
            let states = states.rows(part, of: rows)
            var own = [Int32](repeating: 0, count: part.count * width)
            var isBest = [Bool](repeating: true, count: part.count)
            enlistToAct(states, rows: part.count)
            _ = choose(states, rows: part.count, .greedy, in: &workspace, &own, &isBest)
            leave(&own, rows: part.count, isBest: [])
            return part.map { row in
                (0..<width).allSatisfy { choices[row * width + $0] == own[(row - start) * width + $0] }
            }
        }
    }

    private mutating func takeStream(_ id: String) -> Stream {
        guard let place = openStreams.firstIndex(where: { $0.id == id }) else {
            if openStreams.count >= Self.openEpisodes { openStreams.removeFirst() }
            return Stream()
        }
        return openStreams.remove(at: place).stream
    }
}
