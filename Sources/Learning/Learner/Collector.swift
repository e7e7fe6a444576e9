import Gym
import Neural

/// Drives a vector of environments by the learner's exploration policy, and gives the learner what happened.
struct Collector {
    let vector: any VectorEnvironment
    var streams: [Learner.Stream]
    /// What the environments show now, and what they showed where an episode just ended.
    private(set) var states: States
    private(set) var finalStates: States
    /// What is done next, and whether each row of it is thought best.
    private(set) var choices: [Int32]
    /// The same as places among those who were in the running, and the masks over these; nil where all members are.
    private var considered: (places: [Int32], masks: [UInt8])?
    private(set) var isBest: [Bool]
    /// How the latest step ended, for each environment.
    private(set) var endings: [Ending]
    private var actions: Lanes
    private var workspace: Workspace

    /// - Parameter vector: under `same_step`, reset.
    init(_ vector: any VectorEnvironment, _ learner: Learner) {
        precondition(vector.options.autoreset == .sameStep, "episodes must follow each other without a gap")
        let (count, network) = (vector.count, learner.network)
        self.vector = vector
        streams = Array(repeating: Learner.Stream(), count: count)
        states = States(rows: count, network, masked: learner.isMasked)
        finalStates = States(rows: count, network, masked: learner.isMasked)
        choices = Array(repeating: 0, count: count * network.head.components.count)
        isBest = Array(repeating: true, count: count)
        endings = Array(repeating: .none, count: count)
        actions = Lanes(network.action.element, count: count * network.action.components.count)
        workspace = Workspace(for: network.perceptron, capacity: count)
    }

    /// Takes the environments' first observations in.
    /// - Parameter isRemembered: whether steps will be recorded, not only witnessed.
    mutating func begin(_ learner: inout Learner, isRemembered: Bool = true) {
        look(learner)
        for row in streams.indices {
            if isRemembered {
                learner.begin(&streams[row], states, row: row)
            } else {
                learner.restart(&streams[row], states, row: row)
            }
        }
    }

    /// Has the learner choose by its exploration policy, or by another way to choose.
    /// - Parameter enlists: whether others are put in the running first, where not all members can be.
    mutating func choose(_ learner: inout Learner, _ mode: Chooser.Mode? = nil, enlists: Bool = true) {
        if enlists { learner.enlistToAct(states, rows: streams.count) }
        let masks = learner.choose(states, rows: streams.count, mode, in: &workspace, &choices, &isBest)
        guard learner.acting != nil else { return }
        considered = (choices, masks)
        learner.leave(&choices, rows: streams.count, isBest: isBest)
    }

    /// What was chosen latest, as places among the members that the network scores, and the masks over these.
    var places: [Int32] { considered?.places ?? choices }
    var masks: [UInt8] { considered?.masks ?? states.masks }

    /// Does in one environment what a row of other choices says.
    mutating func take(_ others: [Int32], row: Int) {
        let components = choices.count / streams.count
        for place in row * components..<(row + 1) * components { choices[place] = others[place] }
        isBest[row] = true
    }

    /// What the network gave for the latest choice, [rows, head.width].
    var outputs: [Float] { workspace.outputs }

    /// Takes one step of every environment with what was chosen.
    /// - Returns: the episodes that ended.
    mutating func step(_ learner: Learner) throws(LearningError) -> [Episode] {
        learner.network.action.decode(choices, rows: streams.count, to: &actions)
        do { try vector.step(actions) } catch { throw .environment(error) }
        learner.network.observation.encode(vector.finalObservations, rows: 0..<streams.count, to: &finalStates)
        heed(learner.network.masks([], vector.finalObservations, rows: streams.count), learner, &finalStates)
        look(learner)
        let (terminated, truncated) = (vector.terminated, vector.truncated)
        for row in streams.indices {
            endings[row] = terminated[row] ? .terminated : truncated[row] ? .truncated : .none
        }
        return vector.episodes
    }

    /// Shows the learner where the latest step led, without having it remember.
    mutating func witness(_ learner: inout Learner) {
        let rewards = vector.rewards
        for row in streams.indices {
            let isOver = endings[row] != .none
            learner.witness(&streams[row], reward: rewards[row], isOver ? finalStates : states, row: row)
            if isOver { learner.restart(&streams[row], states, row: row) }
        }
    }

    /// Gives the learner what the latest step led to.
    mutating func record(_ learner: inout Learner) {
        let rewards = vector.rewards
        for row in streams.indices {
            let ending = endings[row]
            learner.record(
                &streams[row], choices, isBest: isBest[row], row: row, reward: rewards[row], ending: ending,
                to: ending == .none ? states : finalStates)
            if ending != .none { learner.begin(&streams[row], states, row: row) }
        }
    }

    /// Encodes what the environments show.
    mutating func look(_ learner: Learner) {
        learner.network.observation.encode(vector.observations, rows: 0..<streams.count, to: &states)
        guard learner.isMasked else { return }
        heed(learner.network.masks(vector.actionMasks, vector.observations, rows: streams.count), learner, &states)
    }

    /// Takes in what is allowed; nothing is said of it where `masks` are empty.
    private func heed(_ masks: [Bool], _ learner: Learner, _ states: inout States) {
        guard !masks.isEmpty else { return }
        for row in streams.indices { learner.network.action.widen(masks, row: row, to: &states.masks, row: row) }
    }
}
