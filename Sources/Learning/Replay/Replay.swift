import Neural

/// How a step ended.
enum Ending: UInt8, Sendable {
    case none, terminated, truncated
}

/// The states an agent was in, in a ring, each linked to the one that its action led to. Returns over n steps follow
/// the links when a batch is drawn, so each state is kept once and rewards can be given anew.
struct Replay: Sendable {
    /// Where one sequence of steps has got to.
    struct Stream: Sendable, Equatable {
        /// The state that waits for its action, by its place among all states ever written.
        var current: Int?
        /// The latest steps, oldest first, whose return over n steps is not yet known.
        var pending: [Int] = []

        init() {}

        init(current: Int?, pending: [Int]) {
            self.current = current
            self.pending = pending
        }
    }

    /// What n steps from a state gave, and at what discount the value of which state counts from there on.
    struct Outcome: Sendable {
        var reward: Float = 0
        var discount: Float = 0
        var last: Int32 = 0
    }

    private(set) var capacity: Int
    /// Whether it grows where a ring would forget.
    let isGrowing: Bool
    /// n, over how many steps returns reach, and at what discount.
    private(set) var reach: (steps: Int, discount: Float)
    /// That of whole episodes' returns.
    private let discount: Float
    /// Of each state in the ring: its rows, as in ``States``, the masks apart; then what was done there and what came of
    /// it.
    var states: States
    var masks: MaskRows
    var choices: [Int32]
    var rewards: [Float]
    var endings: [UInt8]
    /// Whether what was done was thought best then; it was a trial otherwise, or nothing was done yet.
    var isBest: [Bool]
    var next: [Int32]
    /// The state before in the same episode; −1 for none.
    var previous: [Int32]
    /// The discounted sum of the rewards from here to the episode's end, not a number before that is known.
    var returns: [Float]
    var isReady: [Bool]
    /// Of each step that can be drawn, found out when it first can be: it is drawn many times.
    private(set) var outcomes: [Outcome]
    /// How many states were ever written.
    var written = 0
    /// How many steps can be drawn.
    var readyCount = 0
    /// Weights by which steps are drawn; nil where all are alike.
    var priorities: SumTree?
    var largestPriority: Float = 1
    let width: (numbers: Int, categories: Int, choices: Int, members: Int)
    let capacityLimit: Int

    /// More memory than this is not given to one agent's experience.
    private static let byteLimit = 1 << 30
    private static let initialCapacity = 64

    /// - Parameter isGrowing: whether it begins small and keeps all; its steps are then drawn all alike.
    init(
        _ hyperparameters: Hyperparameters, isMasked: Bool, network: Network, isGrowing: Bool = false
    ) throws(LearningError) {
        self.isGrowing = isGrowing
        capacity = isGrowing ? Self.initialCapacity : hyperparameters.replayCapacity
        discount = Float(hyperparameters.discount)
        reach = (hyperparameters.nStep, discount)
        width = (
            network.observation.numbers, network.observation.categories.count, network.head.components.count,
            isMasked ? network.action.head.members : 0
        )
        let bytes = 4 * (width.numbers + width.categories + width.choices) + width.members / 8 + 52
        capacityLimit = Self.byteLimit / bytes
        guard capacity <= capacityLimit else {
            throw .invalidHyperparameter(
                name: "replay_capacity", reason: "with these spaces at most \(capacityLimit) is supported")
        }
        states = States(rows: capacity, network, masked: false)
        masks = MaskRows(rows: capacity, members: width.members)
        choices = Array(repeating: 0, count: capacity * width.choices)
        rewards = Array(repeating: 0, count: capacity)
        endings = Array(repeating: 0, count: capacity)
        isBest = Array(repeating: true, count: capacity)
        next = Array(repeating: 0, count: capacity)
        previous = Array(repeating: -1, count: capacity)
        returns = Array(repeating: .nan, count: capacity)
        isReady = Array(repeating: false, count: capacity)
        outcomes = Array(repeating: Outcome(), count: capacity)
        priorities = hyperparameters.replay == .prioritized && !isGrowing ? SumTree(count: capacity) : nil
    }

    /// Writes row `row` of `source` as the state that `stream` is in now.
    mutating func begin(_ stream: inout Stream, _ source: States, row: Int) {
        stream.current = append(source, row: row)
        stream.pending.removeAll(keepingCapacity: true)
    }

    /// Completes the stream's current step. After a termination there is no state to follow, else row `row` of `source`
    /// follows, which after a truncation is the last state seen.
    /// - Parameter chosenRow: the row of what was chosen.
    mutating func step(
        _ stream: inout Stream, choices chosen: [Int32], isBest isBestChoice: Bool, at chosenRow: Int,
        reward: Double, ending: Ending, to source: States, row: Int
    ) {
        guard let current = stream.current, isAlive(current) else { return begin(&stream, source, row: row) }
        let slot = current % capacity
        for component in 0..<width.choices {
            choices[slot * width.choices + component] = chosen[chosenRow * width.choices + component]
        }
        rewards[slot] = Float(reward)
        endings[slot] = ending.rawValue
        isBest[slot] = isBestChoice
        stream.pending.append(current)
        if ending != .terminated {
            stream.current = append(source, row: row)
            // The very state that was acted in may be the one that made room.
            if isAlive(current) {
                let following = (written - 1) % capacity
                next[slot] = Int32(following)
                previous[following] = Int32(slot)
            }
        }
        if ending != .none {
            stream.pending.forEach { release($0) }
            stream.pending.removeAll(keepingCapacity: true)
            stream.current = nil
            if isAlive(current) { sumReturns(from: slot) }
        }
        while stream.pending.count >= reach.steps { release(stream.pending.removeFirst()) }
    }

    /// Writes row `row` of `source` as a state in which somebody said what to do; nothing is known of what follows.
    mutating func label(_ source: States, choices chosen: [Int32], at row: Int) {
        let slot = append(source, row: row) % capacity
        for component in 0..<width.choices {
            choices[slot * width.choices + component] = chosen[row * width.choices + component]
        }
        release(written - 1)
    }

    /// Tells each step of an episode what it came to, from the last one back.
    private mutating func sumReturns(from last: Int) {
        var (sum, place) = (Float(0), last)
        for _ in 0..<capacity {
            sum = rewards[place] + discount * sum
            returns[place] = sum
            guard previous[place] >= 0 else { return }
            place = Int(previous[place])
        }
    }

    /// Whether a stream waits for an action in row `row` of `source`.
    func isAt(_ stream: Stream, _ source: States, row: Int) -> Bool {
        guard let current = stream.current, isAlive(current) else { return false }
        let slot = current % capacity
        return (0..<width.numbers).allSatisfy {
            states.numbers[slot * width.numbers + $0] == source.numbers[row * width.numbers + $0]
        }
            && (0..<width.categories).allSatisfy {
                states.categories[slot * width.categories + $0] == source.categories[row * width.categories + $0]
            }
    }

    private func isAlive(_ index: Int) -> Bool { index >= written - capacity }

    private mutating func append(_ source: States, row: Int) -> Int {
        if isGrowing && written == capacity { grow() }
        let slot = written % capacity
        for lane in 0..<width.numbers {
            states.numbers[slot * width.numbers + lane] = source.numbers[row * width.numbers + lane]
        }
        for lane in 0..<width.categories {
            states.categories[slot * width.categories + lane] = source.categories[row * width.categories + lane]
        }
        if !masks.isEmpty { masks.set(slot, to: source.masks, row: row) }
        if isReady[slot] {
            isReady[slot] = false
            readyCount -= 1
            priorities?.set(slot, to: 0)
        }
        // What followed the state that is forgotten has none before it any more.
        if previous[Int(next[slot])] == slot { previous[Int(next[slot])] = -1 }
        previous[slot] = -1
        returns[slot] = .nan
        // Until something is done there, no sum of rewards goes on from it.
        isBest[slot] = false
        written += 1
        return written - 1
    }

    mutating func grow() {
        func extend<T>(_ array: inout [T], with element: T) {
            array += repeatElement(element, count: array.count)
        }
        extend(&states.numbers, with: 0)
        extend(&states.categories, with: 0)
        masks.double()
        extend(&choices, with: 0)
        extend(&rewards, with: 0)
        extend(&endings, with: 0)
        extend(&isBest, with: true)
        extend(&next, with: 0)
        extend(&previous, with: -1)
        extend(&returns, with: .nan)
        extend(&isReady, with: false)
        extend(&outcomes, with: Outcome())
        capacity *= 2
    }

    /// Lets a step be drawn.
    private mutating func release(_ index: Int) {
        guard isAlive(index) else { return }
        let slot = index % capacity
        isReady[slot] = true
        readyCount += 1
        priorities?.set(slot, to: largestPriority)
        outcomes[slot] = outcome(of: slot, discount: reach.discount) { rewards[$0] }
    }

    /// Has returns reach over other numbers of steps.
    mutating func follow(steps: Int, discount: Float) {
        guard (steps, discount) != reach else { return }
        reach = (steps, discount)
        followAll()
    }

    /// Finds out anew what n steps from each state gave.
    mutating func followAll() {
        for slot in 0..<min(written, capacity) where isReady[slot] {
            outcomes[slot] = outcome(of: slot, discount: reach.discount) { rewards[$0] }
        }
    }

    /// What n steps from a slot gave, and the slot whose value counts from there on, at `discount`. A trial on the way
    /// says nothing about the value before it: the sum stops there (Watkins 1989).
    /// - Parameter reward: what the step in a slot gave.
    @inline(__always) func outcome(
        of slot: Int, discount: Float, reward: (Int) -> Float
    ) -> Outcome {
        var (sum, factor, place) = (Float(0), Float(1), slot)
        for _ in 0..<reach.steps {
            sum += factor * reward(place)
            factor *= discount
            guard endings[place] != Ending.terminated.rawValue else {
                return Outcome(reward: sum, discount: 0, last: Int32(place))
            }
            let ended = endings[place] == Ending.truncated.rawValue
            place = Int(next[place])
            if ended || !isBest[place] { break }
        }
        return Outcome(reward: sum, discount: factor, last: Int32(place))
    }

    /// Draws no steps any more whose choice in a component is one of some members. What they led to stays known to others.
    mutating func forget(_ members: [Bool], of component: Int) {
        for slot in 0..<min(written, capacity) where isReady[slot] {
            let choice = Int(choices[slot * width.choices + component])
            guard choice < members.count && members[choice] else { continue }
            isReady[slot] = false
            readyCount -= 1
            priorities?.set(slot, to: 0)
            // No other step's return over n steps goes on by it.
            isBest[slot] = false
        }
        followAll()
    }

    /// What was chosen in a component, each member once, in the steps that can be drawn.
    func members(of component: Int) -> Set<Int32> {
        Set((0..<min(written, capacity)).lazy.filter { isReady[$0] }.map { choices[$0 * width.choices + component] })
    }
}
