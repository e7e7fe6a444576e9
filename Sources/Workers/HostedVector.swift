import Drawing
import Gym
import Store

/// Environments that worker processes host, stepped as one: each process steps its part at the same time. It adds what the
/// daemon adds to every environment: time limit, autoreset, statistics. When a process dies, its part is lost; the next
/// reset makes it anew.
public final class HostedVector: VectorEnvironment {
    public let options: VectorOptions
    public let observationSpace: Space
    public let actionSpace: Space
    public let hasActionMask: Bool
    public let renderModes: [RenderMode]
    public let transitionTable: TransitionTable? = nil
    /// Other processes say nothing of what they remember.
    public let isSavable = false

    public private(set) var observations: Lanes
    public private(set) var rewards: [Double]
    public private(set) var terminated: [Bool]
    public private(set) var truncated: [Bool]
    public private(set) var finalObservations: Lanes
    public private(set) var episodes: [Episode] = []
    public private(set) var didReset: [Bool]
    public private(set) var needsReset: [Bool]

    private let observation: Layout
    private let action: Layout
    private let stepLimit: Int
    private var parts: HostedParts
    private var masks: [Bool] = []
    private var infos: [Value]
    private var elapsed: [Int]
    private var returns: [Double]

    init(
        _ bridge: Bridge, _ description: WorkerDescription, kwargs: Value?, options: VectorOptions
    ) throws(EnvironmentError) {
        switch kwargs {
        case nil, .null, .object: break
        default: throw .invalidKwarg(name: "", reason: "expected an object of keyword arguments")
        }
        let count = options.count
        let first: WorkerAnswer
        (parts, first) = try HostedParts.make(bridge, description.id, kwargs ?? [:], count: count)
        self.options = options
        hasActionMask = first.metadata("action_mask") == "true"
        do throws(EnvironmentError) {
            observationSpace = try first.space("observation_space")
            actionSpace = try first.space("action_space")
            observation = try Self.layout(of: observationSpace, "observation")
            action = try Self.layout(of: actionSpace, "action")
            try Self.check(
                count: count, observation, action, masked: hasActionMask ? actionSpace : nil)
            let known = try first.value("description").flatMap(WorkerDescription.init) ?? description
            bridge.remember(known, as: description.id)
            renderModes = known.renderModes
        } catch {
            parts.drop()
            throw error
        }
        stepLimit = options.maxEpisodeSteps ?? .max
        observations = Lanes(observation.element, count: count * observation.count)
        finalObservations = Lanes(
            observation.element, count: options.autoreset == .sameStep ? count * observation.count : 0)
        rewards = Array(repeating: 0, count: count)
        terminated = Array(repeating: false, count: count)
        truncated = Array(repeating: false, count: count)
        didReset = Array(repeating: false, count: count)
        needsReset = Array(repeating: true, count: count)
        infos = Array(repeating: .object([]), count: count)
        elapsed = Array(repeating: 0, count: count)
        returns = Array(repeating: 0, count: count)
        masks = Array(repeating: true, count: count * maskWidth)
    }

    deinit { parts.drop() }

    private static func layout(of space: Space, _ role: String) throws(EnvironmentError) -> Layout {
        guard let layout = space.layout else {
            throw .invalidArgument(
                name: "env_id",
                reason: "its \(role) space is a \(space.typeName) without a fixed size; wrap it in one that has one")
        }
        return layout
    }

    /// - Throws: where a step of all environments could be in no frame, or has more masks than memory should hold.
    private static func check(
        count: Int, _ observation: Layout, _ action: Layout, masked: Space?
    ) throws(EnvironmentError) {
        var entries = 0
        if case .discrete(let space) = masked { entries = space.n }
        let bytes = 8 * (observation.count + action.count) + entries
        let most = WorkerSocket.frameLimit / max(bytes, 1)
        guard count <= most else {
            throw .invalidArgument(
                name: "num_envs",
                reason: most == 0
                    ? "its observations, actions or masks are too large for any"
                    : "expected at most \(most) with these spaces")
        }
    }

    /// Does `body`, after whose failure nothing is known of any environment.
    private func trying<R>(_ body: () throws(EnvironmentError) -> R) throws(EnvironmentError) -> R {
        do throws(EnvironmentError) { return try body() } catch {
            needsReset = needsReset.map { _ in true }
            throw error
        }
    }

    public func reset(
        seeds: [UInt64?], mask: [Bool]?, options resetOptions: Value?
    ) throws(EnvironmentError) {
        guard seeds.count == count, mask.map({ $0.count == count && $0.contains(true) }) ?? true else {
            throw .invalidArgument(name: "reset_mask", reason: "expected \(count) booleans, at least one of them true")
        }
        episodes = []
        let all = mask ?? Array(repeating: true, count: count)
        try trying { () throws(EnvironmentError) in
            try parts.revive(observationSpace, actionSpace)
            try restart(all, seeds: seeds, options: resetOptions)
        }
        for row in 0..<count where all[row] {
            rewards[row] = 0
            terminated[row] = false
            truncated[row] = false
            didReset[row] = false
        }
    }

    /// What to ask a part to reset rows of `mask`, those with a seed apart from those without.
    private func questions(
        resetting mask: [Bool], _ part: HostedParts.Part, seeds: [UInt64?] = [], options: Value? = nil
    ) -> [(question: Safetensors, rows: [Int])] {
        let rows = part.rows.filter { mask[$0] }
        let isSeeded = { (row: Int) in !seeds.isEmpty && seeds[row] != nil }
        return [rows.filter(isSeeded), rows.filter { !isSeeded($0) }].filter { !$0.isEmpty }.map { rows in
            var metadata = ["op": "reset", "handle": String(part.handle)]
            metadata["options"] = options?.json
            var file = Safetensors(metadata: metadata)
            append(rows, of: part, to: &file)
            if isSeeded(rows[0]) { file.append("seed", Tensor(part.rows.map { seeds[$0] ?? 0 })) }
            return (file, rows)
        }
    }

    /// The mask of `rows`, where they are not all.
    private func append(_ rows: [Int], of part: HostedParts.Part, to file: inout Safetensors) {
        guard rows.count < part.rows.count else { return }
        var mask = [Bool](repeating: false, count: part.rows.count)
        for row in rows { mask[row - part.rows.lowerBound] = true }
        file.append("mask", Tensor(mask))
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        precondition(actions.count == count * action.count, "a step takes one action an environment")
        if let ending = parts.ending {
            throw .workerFailed("\(ending); reset the instance: its environments are made anew")
        }
        if options.autoreset == .disabled, let index = needsReset.firstIndex(of: true) {
            throw .resetNeeded(index: index)
        }
        episodes = []
        let due = needsReset
        try trying { () throws(EnvironmentError) in
            var stepped: [[Int]] = []
            var questions: [[Safetensors]] = []
            var resets: [[(question: Safetensors, rows: [Int])]] = []
            for part in parts.all {
                let rows = part.rows.filter { !due[$0] }
                let reset = self.questions(resetting: due, part)
                stepped.append(rows)
                resets.append(reset)
                questions.append(
                    (rows.isEmpty ? [] : [question(stepping: rows, part, actions)]) + reset.map(\.question))
            }
            let answers = try parts.ask(questions)
            for (index, part) in parts.all.enumerated() {
                var rest = answers[index][...]
                if !stepped[index].isEmpty, let answer = rest.popFirst() {
                    try take(step: answer, part, stepped[index])
                }
                try take(resets: resets[index], rest, part)
            }
            for row in due.indices { didReset[row] = due[row] }
            if options.autoreset == .sameStep, !episodes.isEmpty { try resetEnded() }
        }
    }

    private func question(stepping rows: [Int], _ part: HostedParts.Part, _ actions: Lanes) -> Safetensors {
        var file = Safetensors(
            TensorCodec.tensors("action", action, actions.rows(part.rows, width: action.count)),
            metadata: ["op": "step", "handle": String(part.handle)])
        append(rows, of: part, to: &file)
        return file
    }

    private func take(step answer: WorkerAnswer, _ part: HostedParts.Part, _ rows: [Int]) throws(EnvironmentError) {
        try take(answer, part, rows: rows)
        let reward = try answer.doubles("reward", count: part.rows.count)
        let isTerminated = try answer.bools("terminated", count: part.rows.count)
        let isTruncated = try answer.bools("truncated", count: part.rows.count)
        for row in rows {
            let place = row - part.rows.lowerBound
            elapsed[row] += 1
            returns[row] += reward[place]
            rewards[row] = reward[place]
            terminated[row] = isTerminated[place]
            truncated[row] = isTruncated[place] || elapsed[row] >= stepLimit
            if terminated[row] || truncated[row] { end(row) }
        }
    }

    private func end(_ row: Int) {
        needsReset[row] = true
        let info = options.autoreset == .sameStep ? infos[row] : nil
        episodes.append(Episode(index: row, episodeReturn: returns[row], length: elapsed[row], finalInfo: info))
    }

    /// Begins the next episode at once where one has ended.
    private func resetEnded() throws(EnvironmentError) {
        for episode in episodes { copy(row: episode.index, of: observations, to: &finalObservations) }
        try restart(needsReset)
    }

    /// Begins an episode in each environment of `mask`.
    private func restart(
        _ mask: [Bool], seeds: [UInt64?] = [], options: Value? = nil
    ) throws(EnvironmentError) {
        let questions = parts.all.map { self.questions(resetting: mask, $0, seeds: seeds, options: options) }
        let answers = try parts.ask(questions.map { $0.map(\.question) })
        for (index, part) in parts.all.enumerated() { try take(resets: questions[index], answers[index][...], part) }
    }

    /// Takes in where episodes begin.
    private func take(
        resets: [(question: Safetensors, rows: [Int])], _ answers: ArraySlice<WorkerAnswer>, _ part: HostedParts.Part
    ) throws(EnvironmentError) {
        for (asked, answer) in zip(resets, answers) {
            try take(answer, part, rows: asked.rows)
            for row in asked.rows { begin(row) }
        }
    }

    private func begin(_ row: Int) {
        elapsed[row] = 0
        returns[row] = 0
        needsReset[row] = false
        guard options.autoreset != .sameStep else { return }
        rewards[row] = 0
        terminated[row] = false
        truncated[row] = false
    }

    /// Takes in what a part shows: observations, infos, masks.
    private func take(_ answer: WorkerAnswer, _ part: HostedParts.Part, rows: [Int]) throws(EnvironmentError) {
        let count = part.rows.count
        let shown = try answer.lanes("observation", observation, count: count)
        let told = try answer.infos(count: count)
        let allowed = maskWidth > 0 ? try answer.bools("action_mask", count: count * maskWidth) : []
        for row in rows {
            let place = row - part.rows.lowerBound
            observations.set(row: row, to: place, of: shown, width: observation.count)
            infos[row] = told[place]
            if maskWidth > 0, told[place]["action_mask"] == nil, case .object(let members) = told[place] {
                let mask = allowed[place * maskWidth..<(place + 1) * maskWidth].map { Value.int($0 ? 1 : 0) }
                infos[row] = .object(members + [.init("action_mask", .array(mask))])
            }
            for entry in 0..<maskWidth { masks[row * maskWidth + entry] = allowed[place * maskWidth + entry] }
        }
    }

    private func copy(row: Int, of source: Lanes, to target: inout Lanes) {
        target.set(row: row, to: row, of: source, width: observation.count)
    }

    public func info(_ index: Int) -> Value { infos[index] }

    public func writeActionMask(_ index: Int, _ mask: inout MutableSpan<Bool>) {
        for entry in 0..<mask.count { mask[entry] = masks[index * maskWidth + entry] }
    }

    public func render(_ index: Int, _ mode: RenderMode) throws(EnvironmentError) -> Frame {
        guard renderModes.contains(mode) else {
            throw .unsupportedRenderMode(mode.rawValue, supported: renderModes.map(\.rawValue))
        }
        let asked = mode == .ansi ? RenderMode.ansi : .rgbArray
        let answer = try parts.ask(row: index, ["op": "render", "mode": asked.rawValue])
        let frame = try answer.frame(asked)
        guard mode == .png else { return frame }
        do {
            let png = try Canvas.png(rgb: frame.bytes, width: frame.width, height: frame.height)
            return Frame(mode: mode, width: frame.width, height: frame.height, bytes: png)
        } catch {
            throw answer.nonsense("its frame is no picture: \(error)")
        }
    }

    public func save(to writer: inout StateWriter) {
        preconditionFailure("what another process hosts cannot be saved")
    }

    public func restore(from reader: inout StateReader) throws(EnvironmentError) {
        throw .unsavable(parts.name)
    }
}
