/// Environments of one concrete type in a row, stepped one after the other on the caller's thread. It adds what all
/// environments share: seeding, time limit, autoreset, episode statistics. ``SyncVectorEnvironment`` gives it identity.
///
/// Of a step's thousand environments hardly any episode ends. So what each needs in every step is little, and the book-keeping
/// of the others waits until they are noticed. What a step runs through is `@inlinable`, because
/// ``Environment/stepAll(_:_:)`` compiles it for each world's own type.
public struct VectorEngine<E: Environment>: Sendable {
    @usableFromInline let options: VectorOptions
    @usableFromInline let observationWidth: Int
    @usableFromInline let actionWidth: Int
    @usableFromInline let stepLimit: Int
    @usableFromInline var environments: [E]
    @usableFromInline var randoms: [RandomGenerator]
    @usableFromInline var observations: [E.Observation]
    @usableFromInline var rewards: [Double]
    @usableFromInline var terminated: [Bool]
    @usableFromInline var truncated: [Bool]
    @usableFromInline var finalObservations: [E.Observation]
    @usableFromInline var episodes: [Episode] = []
    @usableFromInline var didReset: [Bool]
    /// False before the first reset and after an episode's end.
    @usableFromInline var isActive: [Bool]
    /// Of the episodes that are on, so far.
    @usableFromInline var returns: [Double]
    /// How many steps were taken of all, and how many that were when each episode began.
    @usableFromInline var clock = 0
    @usableFromInline var begins: [Int]
    /// Before the clock shows this no episode reaches the step limit.
    @usableFromInline var deadline = 0
    /// The environments whose episode ended in the latest step, and those whose episode was over before it.
    @usableFromInline var ended: [Int] = []
    @usableFromInline var waiting: [Int] = []

    init(_ environment: E, options: VectorOptions, observationWidth: Int, actionWidth: Int) {
        let count = options.count
        self.options = options
        self.observationWidth = observationWidth
        self.actionWidth = actionWidth
        // So that a time and a limit can be added.
        stepLimit = min(options.maxEpisodeSteps ?? .max, .max / 2)
        environments = Array(repeating: environment, count: count)
        randoms = (0..<count).map { _ in RandomGenerator() }
        observations = Array(repeating: .zero, count: count * observationWidth)
        finalObservations =
            options.autoreset == .sameStep ? Array(repeating: .zero, count: count * observationWidth) : []
        rewards = Array(repeating: 0, count: count)
        terminated = Array(repeating: false, count: count)
        truncated = terminated
        didReset = terminated
        isActive = terminated
        returns = rewards
        begins = Array(repeating: 0, count: count)
    }

    mutating func reset(seeds: [UInt64?], mask: [Bool]?, options resetOptions: Value?) throws(EnvironmentError) {
        let count = options.count
        guard seeds.count == count, mask.map({ $0.count == count && $0.contains(true) }) ?? true else {
            throw .invalidArgument(name: "reset_mask", reason: "expected \(count) booleans, at least one of them true")
        }
        // Only options can be at fault, and then nothing may have changed.
        let before = resetOptions == nil ? nil : self
        episodes.removeAll(keepingCapacity: true)
        do throws(EnvironmentError) {
            for index in 0..<count where mask?[index] ?? true {
                if let seed = seeds[index] { randoms[index] = RandomGenerator(seed: seed) }
                isActive[index] = false
                try begin([index], options: resetOptions)
                rewards[index] = 0
                terminated[index] = false
                truncated[index] = false
                didReset[index] = false
            }
        } catch {
            if let before { self = before }
            throw error
        }
    }

    @inlinable mutating func begin(_ indices: [Int], options resetOptions: Value?) throws(EnvironmentError) {
        try Self.reset(&environments, indices, resetOptions, &randoms, &observations)
        Self.set(&isActive, at: indices, to: true)
        Self.set(&returns, at: indices, to: 0)
        Self.set(&begins, at: indices, to: clock)
        deadline = min(deadline, clock + stepLimit)
    }

    @inlinable static func reset(
        _ environments: inout [E], _ indices: [Int], _ options: Value?, _ randoms: inout [RandomGenerator],
        _ observations: inout [E.Observation]
    ) throws(EnvironmentError) {
        let width = observations.count / environments.count
        var environments = environments.mutableSpan
        var randoms = randoms.mutableSpan
        var observations = observations.mutableSpan
        for index in indices {
            var observation = observations._mutatingExtracting(index * width..<(index + 1) * width)
            try environments[index].reset(options: options, random: &randoms[index], observation: &observation)
        }
    }

    @inlinable static func set<T: BitwiseCopyable>(_ array: inout [T], at indices: [Int], to value: T) {
        var span = array.mutableSpan
        for index in indices { span[index] = value }
    }

    @inlinable mutating func step(_ actions: Span<E.Action>) throws(EnvironmentError) {
        if options.autoreset == .disabled, let index = isActive.firstIndex(of: false) {
            throw .resetNeeded(index: index)
        }
        if !episodes.isEmpty { episodes.removeAll(keepingCapacity: true) }
        Self.set(&terminated, at: ended, to: false)
        Self.set(&truncated, at: ended, to: false)
        Self.set(&didReset, at: waiting, to: false)
        ended.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        clock += 1
        Self.move(
            &environments, &randoms, isActive, actions, observations: &observations, rewards: &rewards,
            terminated: &terminated, truncated: &truncated, ended: &ended, waiting: &waiting)
        Self.add(rewards, to: &returns)
        if clock >= deadline { limit() }
        if !waiting.isEmpty {
            try begin(waiting, options: nil)
            Self.set(&didReset, at: waiting, to: true)
        }
        if !ended.isEmpty { try end() }
    }

    /// Steps every environment whose episode is on. The arrays are parameters so that each is borrowed once a step of all.
    @inlinable static func move(
        _ environments: inout [E], _ randoms: inout [RandomGenerator], _ isActive: [Bool], _ actions: Span<E.Action>,
        observations: inout [E.Observation], rewards: inout [Double], terminated: inout [Bool],
        truncated: inout [Bool], ended: inout [Int], waiting: inout [Int]
    ) {
        let count = environments.count
        let (width, actionWidth) = (observations.count / count, actions.count / count)
        precondition(observations.count == count * width && actions.count == count * actionWidth)
        precondition(randoms.count == count && isActive.count == count && rewards.count == count)
        let isActive = isActive.span
        var environments = environments.mutableSpan
        var randoms = randoms.mutableSpan
        var observations = observations.mutableSpan
        var rewards = rewards.mutableSpan
        // Unchecked, because the counts were checked above: a step of a simple world takes little longer than checks.
        for index in 0..<count {
            guard unsafe isActive[unchecked: index] else {
                unsafe rewards[unchecked: index] = 0
                waiting.append(index)
                continue
            }
            let (lane, actionLane) = (index &* width, index &* actionWidth)
            let row = unsafe Range(uncheckedBounds: (lane, lane &+ width))
            let actionRow = unsafe Range(uncheckedBounds: (actionLane, actionLane &+ actionWidth))
            var observation = unsafe observations._mutatingExtracting(unchecked: row)
            let step = unsafe environments[unchecked: index].step(
                actions.extracting(unchecked: actionRow), random: &randoms[unchecked: index],
                observation: &observation)
            unsafe rewards[unchecked: index] = step.reward
            if step.terminated || step.truncated {
                terminated[index] = step.terminated
                truncated[index] = step.truncated
                ended.append(index)
            }
        }
    }

    @inlinable static func add(_ rewards: [Double], to returns: inout [Double]) {
        let rewards = rewards.span
        var returns = returns.mutableSpan
        for index in 0..<min(rewards.count, returns.count) { returns[index] += rewards[index] }
    }

    /// Ends the episodes that have reached the step limit, and finds out when the next one may.
    @usableFromInline mutating func limit() {
        deadline = .max
        for index in isActive.indices where isActive[index] {
            let last = begins[index] + stepLimit
            guard clock >= last else {
                deadline = min(deadline, last)
                continue
            }
            if !(terminated[index] || truncated[index]) { ended.append(index) }
            truncated[index] = true
        }
        ended.sort()
    }

    @inlinable mutating func end() throws(EnvironmentError) {
        let sameStep = options.autoreset == .sameStep
        for index in ended {
            episodes.append(
                Episode(
                    index: index, episodeReturn: returns[index], length: clock - begins[index],
                    finalInfo: sameStep ? .some(environments[index].info) : .none))
        }
        Self.set(&isActive, at: ended, to: false)
        guard sameStep else { return }
        Self.copyRows(ended, of: observations, to: &finalObservations, width: observationWidth)
        try begin(ended, options: nil)
    }

    @inlinable static func copyRows(
        _ rows: [Int], of source: [E.Observation], to target: inout [E.Observation], width: Int
    ) {
        let source = source.span
        var target = target.mutableSpan
        for row in rows {
            for lane in row * width..<(row + 1) * width { target[lane] = source[lane] }
        }
    }
}

extension Environment {
    @inlinable public static func stepAll(
        _ engine: inout VectorEngine<Self>, _ actions: Span<Action>
    ) throws(EnvironmentError) {
        try engine.step(actions)
    }
}
