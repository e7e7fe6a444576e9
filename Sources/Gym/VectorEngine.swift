/// Environments of one concrete type in a row, stepped one after the other on the caller's thread. It adds what all
/// environments share: seeding, time limit, autoreset, episode statistics. ``SyncVectorEnvironment`` gives it identity.
public struct VectorEngine<E: Environment>: Sendable {
    let options: VectorOptions
    let observationWidth: Int
    let actionWidth: Int
    private let stepLimit: Int
    private(set) var slots: [EnvironmentSlot<E>]
    private(set) var observations: [E.Observation]
    private var steps: [Step?]
    private(set) var rewards: [Double]
    private(set) var terminated: [Bool]
    private(set) var truncated: [Bool]
    private(set) var finalObservations: [E.Observation]
    private(set) var episodes: [Episode] = []
    private(set) var didReset: [Bool]

    init(_ environment: E, options: VectorOptions, observationWidth: Int, actionWidth: Int) {
        let count = options.count
        self.options = options
        self.observationWidth = observationWidth
        self.actionWidth = actionWidth
        stepLimit = options.maxEpisodeSteps ?? .max
        slots = (0..<count).map { _ in EnvironmentSlot(environment) }
        steps = Array(repeating: nil, count: count)
        observations = Array(repeating: .zero, count: count * observationWidth)
        finalObservations =
            options.autoreset == .sameStep ? Array(repeating: .zero, count: count * observationWidth) : []
        rewards = Array(repeating: 0, count: count)
        terminated = Array(repeating: false, count: count)
        truncated = Array(repeating: false, count: count)
        didReset = Array(repeating: false, count: count)
    }

    private func row(_ index: Int) -> Range<Int> { index * observationWidth..<(index + 1) * observationWidth }

    mutating func reset(seeds: [UInt64?], mask: [Bool]?, options resetOptions: Value?) throws(EnvironmentError) {
        guard seeds.count == slots.count, mask.map({ $0.count == slots.count && $0.contains(true) }) ?? true else {
            throw .invalidArgument(
                name: "reset_mask", reason: "expected \(slots.count) booleans, at least one of them true")
        }
        // Only options can be at fault, and then nothing may have changed.
        let before = resetOptions == nil ? nil : self
        episodes.removeAll(keepingCapacity: true)
        do throws(EnvironmentError) {
            for index in slots.indices where mask?[index] ?? true {
                if let seed = seeds[index] { slots[index].random = RandomGenerator(seed: seed) }
                try begin(index, options: resetOptions)
            }
        } catch {
            if let before { self = before }
            throw error
        }
    }

    private mutating func begin(_ index: Int, options resetOptions: Value?) throws(EnvironmentError) {
        try slots[index].reset(options: resetOptions, observations: &observations, row: row(index))
        rewards[index] = 0
        terminated[index] = false
        truncated[index] = false
        didReset[index] = false
    }

    mutating func step(_ actions: Span<E.Action>) throws(EnvironmentError) {
        if options.autoreset == .disabled, let index = slots.firstIndex(where: { !$0.isActive }) {
            throw .resetNeeded(index: index)
        }
        episodes.removeAll(keepingCapacity: true)
        E.stepAll(&slots, actions, limit: stepLimit, observations: &observations, steps: &steps)
        for (index, step) in steps.enumerated() {
            guard let step else {
                try begin(index, options: nil)
                didReset[index] = true
                continue
            }
            rewards[index] = step.reward
            terminated[index] = step.terminated
            truncated[index] = step.truncated
            didReset[index] = false
            if step.terminated || step.truncated { try end(index) }
        }
    }

    private mutating func end(_ index: Int) throws(EnvironmentError) {
        let slot = slots[index]
        let sameStep = options.autoreset == .sameStep
        episodes.append(
            Episode(
                index: index, episodeReturn: slot.episodeReturn, length: slot.elapsed,
                finalInfo: sameStep ? .some(slot.environment.info) : .none))
        guard sameStep else { return }
        for lane in row(index) { finalObservations[lane] = observations[lane] }
        try slots[index].reset(options: nil, observations: &observations, row: row(index))
    }

    func save(to writer: inout StateWriter) {
        for slot in slots {
            slot.environment.save(to: &writer)
            slot.random.save(to: &writer)
            writer.write(slot.elapsed)
            writer.write(slot.episodeReturn)
            writer.write(slot.isActive)
        }
        writer.write(E.Observation.lanes(observations))
        rewards.forEach { writer.write($0) }
        terminated.forEach { writer.write($0) }
        truncated.forEach { writer.write($0) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        var restored = self
        for index in slots.indices {
            try restored.slots[index].environment.restore(from: &reader)
            try restored.slots[index].random.restore(from: &reader)
            restored.slots[index].elapsed = try reader.readInt(in: 0..<Int.max)
            restored.slots[index].episodeReturn = try reader.readDouble()
            restored.slots[index].isActive = try reader.readBool()
        }
        let lanes = try reader.readLanes(E.Observation.element, count: observations.count)
        restored.observations = E.Observation.array(of: lanes)
        for index in slots.indices { restored.rewards[index] = try reader.readDouble() }
        for index in slots.indices { restored.terminated[index] = try reader.readBool() }
        for index in slots.indices { restored.truncated[index] = try reader.readBool() }
        restored.episodes = []
        self = restored
    }
}
