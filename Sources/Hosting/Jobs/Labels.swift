import Gym
import Learning
import Store
import Synchronization

/// The states that a job asks about, and what was answered.
struct Labels: Sendable {
    var questions: [Question] = []
    var answered: Set<Int> = []

    var open: [Question] { questions.filter { !answered.contains($0.id) } }
    /// Whether the job has all the answers that it waits for.
    var isComplete: Bool { !questions.isEmpty && answered.count == questions.count }
}

/// An answer that a client gives.
public struct Label: Sendable {
    public let state: Int
    /// An element of the action space, and its one row of lanes.
    public let action: Value
    public let lanes: Lanes

    public init(state: Int, action: Value, lanes: Lanes) {
        self.state = state
        self.action = action
        self.lanes = lanes
    }
}

extension Jobs {
    /// The states that wait for a label, for the job that trains the agent; none where no job asks.
    public func questions(of agent: Agent) -> (job: Identifier?, open: [Question]) {
        guard let id = agent.job, let job = find(id) else { return (nil, []) }
        return (id, job.labels.open)
    }

    /// Takes labels in; when all are there that a job waits for, it goes on. When this returns, they survive any crash.
    /// The same label may come again.
    /// - Returns: how many states still wait.
    public func label(_ agent: Agent, _ labels: [Label]) throws(HostingError) -> Int {
        guard let id = agent.job, let job = find(id) else {
            throw .invalid(field: "labels", reason: "no job of agent \(agent.id) asks for labels")
        }
        do { try store.checkRoom() } catch { throw .store(error) }
        // One request after the other: none may change what a job that goes on has already learned.
        let (open, isComplete) = try labelling.withLock { _ throws(HostingError) -> (Int, Bool) in
            try keep(try check(labels, job, agent))
            return job.answer(Set(labels.map(\.state)))
        }
        if isComplete { resume(job) }
        return open
    }

    /// - Returns: those of states that wait, as they are kept.
    private func check(_ labels: [Label], _ job: Job, _ agent: Agent) throws(HostingError) -> [LabelRecord] {
        let round = job.labels
        // A round that is complete is being learned from.
        let asked = Dictionary(uniqueKeysWithValues: (round.isComplete ? [] : round.questions).map { ($0.id, $0) })
        let isLate = labels.contains { asked[$0.state] == nil }
        let earlier = isLate ? try self.labels(of: job) : []
        let kept = Dictionary(earlier.map { ($0.stateID, $0.action) }) { first, _ in first }
        for (index, label) in labels.enumerated() {
            if let question = asked[label.state] {
                guard isAllowed(label, question, agent) else {
                    throw .invalid(field: "labels/\(index)/action", reason: "the state's action mask forbids it")
                }
            } else if kept[label.state] != label.action.json {
                throw .invalid(
                    field: "labels/\(index)/state_id",
                    reason: "state \(label.state) does not wait for a label (any more)")
            }
        }
        return labels.filter { asked[$0.state] != nil }.map {
            LabelRecord(jobID: job.id.description, stateID: $0.state, action: $0.action.json)
        }
    }

    private func isAllowed(_ label: Label, _ question: Question, _ agent: Agent) -> Bool {
        guard !question.mask.isEmpty, case .discrete(let space) = agent.actionSpace else { return true }
        let member = Int(label.lanes.integer(0)) - space.start
        return question.mask.indices.contains(member) && question.mask[member]
    }
}
