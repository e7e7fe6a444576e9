import Gym
import Neural

/// A state in which somebody is asked what to do.
public struct Question: Sendable, Equatable {
    /// Counts from 0 within the training.
    public let id: Int
    /// One row of the observation space's lanes.
    public let observation: Lanes
    /// What is allowed there; empty where everything is.
    public let mask: [Bool]
    /// What the policy would do, one row of the action space's lanes, and how likely it finds that best.
    public let action: Lanes
    public let confidence: Float
}

/// Acting, and asking somebody outside what to do where the policy is least sure: DAgger (Ross 2011) with an expert who is
/// not there all the time. It plays, asks a round of questions, waits for all answers, learns, and plays on.
struct QuestionStage: Stage {
    private var collector: Collector
    /// What was come across since the latest round of questions.
    private var pool: [Question] = []
    /// The round of questions that is open, and what was answered.
    private(set) var questions: [Question] = []
    private var answers: [Int: [Int32]] = [:]
    /// Episodes that ended since the latest answers: they count when the answers about them are learned.
    private var ended: [Episode] = []
    private var nextID = 0
    /// How many of the latest answers were learned, and the updates that they still pay for.
    private var taken = 0
    private var credit = 0

    /// Updates in one move.
    private static let burst = 50

    init(_ vector: any VectorEnvironment, _ learner: inout Learner) {
        collector = Collector(vector, learner)
        collector.begin(&learner)
    }

    /// Whether nothing goes on before more questions are answered.
    var isWaiting: Bool { !questions.isEmpty && questions.contains { answers[$0.id] == nil } }

    /// Takes the answer to an open question in; a later one to the same replaces it.
    mutating func answer(_ id: Int, _ action: Lanes, _ form: ActionForm) {
        var choices = [Int32](repeating: 0, count: form.head.components.count)
        form.encode(action, rows: 1, to: &choices)
        if questions.contains(where: { $0.id == id }) { answers[id] = choices }
    }

    mutating func advance(_ learner: inout Learner, progress: Double) throws(LearningError) -> Move {
        guard !isWaiting else { return Move() }
        if !questions.isEmpty { try take(&learner) }
        if credit > 0 { return learn(&learner, progress: progress) }
        try play(&learner)
        return Move()
    }

    /// Takes the answers to what was asked.
    private mutating func take(_ learner: inout Learner) throws(LearningError) {
        for question in questions {
            guard let choices = answers[question.id] else { continue }
            try learner.label(learner.states(question.observation, question.mask, rows: 1), choices, row: 0)
        }
        (taken, credit) = (questions.count, learner.hyperparameters.labels.updates)
        (questions, answers) = ([], [:])
    }

    /// Learns from them. They count when that is done, each as a step: a budget that they use up does not keep them from
    /// being learned.
    private mutating func learn(_ learner: inout Learner, progress: Double) -> Move {
        let updates = min(credit, Self.burst)
        for _ in 0..<updates { learner.update(progress: progress) }
        credit -= updates
        guard credit == 0 else { return Move(updates: updates) }
        defer { ended = [] }
        return Move(steps: taken, updates: updates, episodes: ended)
    }

    /// One step of every environment; asks where enough was come across.
    private mutating func play(_ learner: inout Learner) throws(LearningError) {
        collector.choose(&learner, .greedy)
        for row in collector.streams.indices { gather(row, learner) }
        ended += try collector.step(learner)
        collector.record(&learner)
        let settings = learner.hyperparameters.labels
        if pool.count >= settings.round * settings.pool { ask(settings.round, &learner.random) }
    }

    private mutating func gather(_ row: Int, _ learner: Learner) {
        let (vector, network) = (collector.vector, learner.network)
        var probabilities = [Float](repeating: 0, count: collector.streams.count * network.head.members)
        network.head.probabilities(
            collector.outputs, rows: collector.streams.count, masks: collector.masks, to: &probabilities)
        var (confidence, start) = (Float(1), row * network.head.members)
        for (component, count) in network.head.components.enumerated() {
            let choice = collector.places[row * network.head.components.count + component]
            confidence *= probabilities[start + Int(choice)]
            start += count
        }
        var action = Lanes(network.action.element, count: network.action.components.count)
        let width = network.head.components.count
        network.action.decode(Array(collector.choices[row * width..<(row + 1) * width]), rows: 1, to: &action)
        let masks = vector.actionMasks
        let maskWidth = masks.count / collector.streams.count
        pool.append(
            Question(
                id: 0, observation: vector.observations.rows(row..<row + 1, width: network.observation.width),
                mask: Array(masks[row * maskWidth..<(row + 1) * maskWidth]), action: action, confidence: confidence))
    }

    /// Asks about half a round of the least sure, and half a round of any.
    private mutating func ask(_ count: Int, _ random: inout RandomGenerator) {
        var order = Array(pool.indices)
        random.shuffle(&order)
        let unsure = order.sorted { pool[$0].confidence < pool[$1].confidence }.prefix(count / 2)
        let others = order.filter { !unsure.contains($0) }.prefix(count - unsure.count)
        for index in (Array(unsure) + others).sorted() {
            let found = pool[index]
            questions.append(
                Question(
                    id: nextID, observation: found.observation, mask: found.mask, action: found.action,
                    confidence: found.confidence))
            nextID += 1
        }
        pool = []
    }

    func save(to checkpoint: inout Checkpoint) {
        collector.save(to: &checkpoint)
        checkpoint.put("questions.counts", [nextID, taken, credit])
        checkpoint.put("questions.open.", Self.checkpoint(questions))
        checkpoint.put("questions.pool.", Self.checkpoint(pool))
        checkpoint.put("questions.returns", ended.map(\.episodeReturn))
        checkpoint.put("questions.lengths", ended.map(\.length))
        let answered = answers.sorted { $0.key < $1.key }
        checkpoint.put("questions.answered", answered.map(\.key))
        checkpoint.put("questions.answers", answered.flatMap(\.value))
    }

    mutating func restore(from checkpoint: Checkpoint, _ learner: inout Learner) throws(LearningError) {
        try collector.restore(from: checkpoint, &learner)
        let counts = try checkpoint.integers("questions.counts", count: 3, in: 0..<Int.max)
        (nextID, taken, credit) = (counts[0], counts[1], counts[2])
        questions = try Self.restore(checkpoint.part("questions.open."), learner.network)
        pool = try Self.restore(checkpoint.part("questions.pool."), learner.network)
        let returns = try checkpoint.doubles("questions.returns")
        let lengths = try checkpoint.integers("questions.lengths", count: returns.count, in: 0..<Int.max)
        ended = zip(returns, lengths).map { Episode(index: 0, episodeReturn: $0, length: $1) }
        let answered = try checkpoint.integers("questions.answered", in: 0..<Int.max)
        let components = learner.network.action.head.components
        let choices = try checkpoint.members(
            "questions.answers", of: components, count: answered.count * components.count)
        for (index, id) in answered.enumerated() {
            answers[id] = Array(choices[index * components.count..<(index + 1) * components.count])
        }
    }
}

/// Questions as they are kept.
extension QuestionStage {
    private static func checkpoint(_ questions: [Question]) -> Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.put("ids", questions.map(\.id))
        checkpoint.put("confidences", questions.map(\.confidence))
        checkpoint.put("masks", questions.flatMap(\.mask))
        checkpoint.put("observations", questions.map(\.observation))
        checkpoint.put("actions", questions.map(\.action))
        return checkpoint
    }

    private static func restore(_ checkpoint: Checkpoint, _ network: Network) throws(LearningError) -> [Question] {
        let ids = try checkpoint.integers("ids", in: 0..<Int.max)
        guard !ids.isEmpty else { return [] }
        let confidences = try checkpoint.floats("confidences", count: ids.count)
        let masks = try checkpoint.booleans("masks")
        let (width, actionWidth) = (network.observation.width, network.action.components.count)
        let observations = try checkpoint.lanes("observations", count: ids.count * width)
        let actions = try checkpoint.lanes("actions", count: ids.count * actionWidth)
        try network.action.check(masks, rows: ids.count)
        let maskWidth = masks.count / ids.count
        return ids.indices.map { index in
            Question(
                id: ids[index], observation: observations.rows(index..<index + 1, width: width),
                mask: Array(masks[index * maskWidth..<(index + 1) * maskWidth]),
                action: actions.rows(index..<index + 1, width: actionWidth), confidence: confidences[index])
        }
    }
}
