/// Environments of one concrete type in a row, which ``VectorRows`` steps. It adds what all environments share: seeding, time
/// limit, autoreset, episode statistics. ``SyncVectorEnvironment`` gives it identity.
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
    /// Of the latest step.
    @usableFromInline var outcome = VectorOutcome()
    /// How long its first rows took; nil where no other threads may help.
    @usableFromInline var pace: Duration?

    init(_ environment: E, options: VectorOptions, observationWidth: Int, actionWidth: Int) {
        let count = options.count
        self.options = options
        pace = options.isShared ? .zero : nil
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
        Self.set(&terminated, at: outcome.ended, to: false)
        Self.set(&truncated, at: outcome.ended, to: false)
        Self.set(&didReset, at: outcome.waiting, to: false)
        outcome.removeAll()
        clock += 1
        Self.move(
            &environments, &randoms, isActive, actions, observations: &observations, rewards: &rewards,
            returns: &returns, terminated: &terminated, truncated: &truncated, &outcome, pace: &pace)
        if clock >= deadline { limit() }
        if !outcome.waiting.isEmpty {
            try begin(outcome.waiting, options: nil)
            Self.set(&didReset, at: outcome.waiting, to: true)
        }
        if !outcome.ended.isEmpty { try end() }
    }

    /// Steps every environment whose episode is on. The arrays are parameters so that each is borrowed once a step of all.
    @inlinable static func move(
        _ environments: inout [E], _ randoms: inout [RandomGenerator], _ isActive: [Bool], _ actions: Span<E.Action>,
        observations: inout [E.Observation], rewards: inout [Double], returns: inout [Double],
        terminated: inout [Bool], truncated: inout [Bool], _ outcome: inout VectorOutcome, pace: inout Duration?
    ) {
        let count = environments.count
        let (width, actionWidth) = (observations.count / count, actions.count / count)
        precondition(observations.count == count * width && actions.count == count * actionWidth)
        precondition(randoms.count == count && isActive.count == count)
        precondition(rewards.count == count && returns.count == count)
        precondition(terminated.count == count && truncated.count == count)
        unsafe environments.withUnsafeMutableBufferPointer { environments in
            unsafe randoms.withUnsafeMutableBufferPointer { randoms in
                unsafe isActive.withUnsafeBufferPointer { isActive in
                    unsafe actions.withUnsafeBufferPointer { actions in
                        unsafe observations.withUnsafeMutableBufferPointer { observations in
                            unsafe rewards.withUnsafeMutableBufferPointer { rewards in
                                unsafe returns.withUnsafeMutableBufferPointer { returns in
                                    unsafe terminated.withUnsafeMutableBufferPointer { terminated in
                                        unsafe truncated.withUnsafeMutableBufferPointer { truncated in
                                            unsafe VectorRows(
                                                count: count, width: width, actionWidth: actionWidth,
                                                environments: environments, randoms: randoms, isActive: isActive,
                                                actions: actions, observations: observations, rewards: rewards,
                                                returns: returns, terminated: terminated, truncated: truncated
                                            ).step(&outcome, pace: &pace)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
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
            if !(terminated[index] || truncated[index]) { outcome.ended.append(index) }
            truncated[index] = true
        }
        outcome.ended.sort()
    }

    @inlinable mutating func end() throws(EnvironmentError) {
        let sameStep = options.autoreset == .sameStep
        for index in outcome.ended {
            episodes.append(
                Episode(
                    index: index, episodeReturn: returns[index], length: clock - begins[index],
                    finalInfo: sameStep ? .some(environments[index].info) : .none))
        }
        Self.set(&isActive, at: outcome.ended, to: false)
        guard sameStep else { return }
        Self.copyRows(outcome.ended, of: observations, to: &finalObservations, width: observationWidth)
        try begin(outcome.ended, options: nil)
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
