import Gym

/// What a session guards with its lock: the environments, and what makes their steps safe to retry.
public struct World {
    public let vector: any VectorEnvironment
    /// Draws the actions of `action_space/sample` and of random rollouts; apart from the environments' own generators.
    public var sampler: SpaceSampler
    /// Steps since the latest explicit reset.
    public private(set) var step = 0
    public private(set) var totalSteps = 0
    public private(set) var totalEpisodes = 0
    /// The seed of the latest reset that had one.
    public private(set) var lastSeed: UInt64?
    private var latest: (action: Lanes, reply: [UInt8])?
    private var recorder: TrajectoryRecorder?
    /// What happened since somebody wrote it down; nil where nobody does.
    var journal: Journal?
    /// Recorded episodes that are over, or were cut, and that nobody has stored yet.
    private var recorded: [Trajectory] = []

    init(_ vector: any VectorEnvironment, seed: UInt64?) {
        self.vector = vector
        sampler = seed.map { SpaceSampler(vector.actionSpace, seed: $0) } ?? SpaceSampler(vector.actionSpace)
        pendingSeed = seed
    }

    /// The seed given at creation: it belongs to the first reset, unless that brings its own.
    private var pendingSeed: UInt64?

    public mutating func reset(seed: UInt64?, mask: [Bool]? = nil, options: Value?) throws(HostingError) {
        let seed = seed ?? pendingSeed
        let seeds = (0..<vector.count).map { index in seed.map { $0 &+ UInt64(index) } }
        do { try vector.reset(seeds: seeds, mask: mask, options: options) } catch { throw .environment(error) }
        beginRecording(mask: mask, seeds: seeds)
        journal?.note(.reset(seed: seed, mask: mask, options: options))
        pendingSeed = nil
        if let seed { lastSeed = seed }
        step = 0
        latest = nil
    }

    /// Begins an episode in the environments of `mask`, without counting as an explicit reset.
    mutating func reset(_ mask: [Bool]) throws(HostingError) {
        let seeds = (0..<vector.count).map { index in pendingSeed.map { $0 &+ UInt64(index) } }
        do { try vector.reset(seeds: seeds, mask: mask, options: nil) } catch { throw .environment(error) }
        beginRecording(mask: mask, seeds: seeds)
        journal?.noteOther()
        pendingSeed = nil
    }

    public mutating func step(_ actions: Lanes) throws(HostingError) {
        do { try vector.step(actions) } catch { throw .environment(error) }
        step += 1
        totalSteps += vector.count
        totalEpisodes += vector.episodes.count
        latest = nil
        if let ended = recorder?.record(vector, actions) { recorded += ended.map(\.trajectory) }
        journal?.note(.step(actions, reply: nil))
    }

    /// The reply to replay, if a step that carries `index` is the latest one again.
    /// - Throws: ``HostingError/stepConflict(sent:expected:)`` where it is neither that nor the next.
    public func replay(index: Int, action: Lanes) throws(HostingError) -> [UInt8]? {
        if index == step { return nil }
        guard index == step - 1, let latest, latest.action == action else {
            throw .stepConflict(sent: index, expected: step)
        }
        return latest.reply
    }

    /// Keeps the reply to the latest step, for a retry.
    public mutating func remember(action: Lanes, reply: [UInt8]) {
        latest = (action, reply)
        journal?.note(reply: reply)
    }

    /// A random action for each environment.
    public mutating func sample() -> [Value] {
        journal?.noteOther()
        return (0..<vector.count).map { _ in sampler.sample() }
    }

    func save(to writer: inout StateWriter) {
        vector.save(to: &writer)
        sampler.save(to: &writer)
        writer.write(step)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try vector.restore(from: &reader)
        try sampler.restore(from: &reader)
        step = try reader.readInt(in: 0..<Int.max)
        pendingSeed = nil
        latest = nil
        journal?.noteOther()
        beginRecording()
    }
}

// What a snapshot has not: counts, and what makes a step safe to retry.
extension World {
    func saveCounts(to writer: inout StateWriter) {
        writer.write(totalSteps)
        writer.write(totalEpisodes)
        writer.write(lastSeed)
        writer.write(pendingSeed)
        writer.write(latest != nil)
        if let latest {
            writer.write(latest.action)
            writer.write(latest.reply)
        }
    }

    mutating func restoreCounts(from reader: inout StateReader) throws(EnvironmentError) {
        totalSteps = try reader.readInt(in: 0..<Int.max)
        totalEpisodes = try reader.readInt(in: 0..<Int.max)
        lastSeed = try reader.readOptional()
        pendingSeed = try reader.readOptional()
        guard try reader.readBool() else { return }
        latest = (try reader.readActions(of: vector), try reader.readBytes())
    }
}

extension StateWriter {
    mutating func write(_ number: UInt64?) {
        write(number != nil)
        write(number ?? 0)
    }
}

extension StateReader {
    mutating func readOptional() throws(EnvironmentError) -> UInt64? {
        let isThere = try readBool()
        let number = try read(UInt64.self)
        return isThere ? number : nil
    }

    /// One row of actions for each environment.
    mutating func readActions(of vector: any VectorEnvironment) throws(EnvironmentError) -> Lanes {
        guard let layout = vector.actionSpace.layout else { throw .invalidSnapshot("its actions have no layout") }
        return try readLanes(layout.element, count: vector.count * layout.count)
    }
}

// Recording.
extension World {
    var isRecorded: Bool { recorder != nil }

    /// Steps of the recorded episodes that are not over, by the memory that they take.
    var openSteps: Int { recorder?.weight ?? 0 }

    /// Records from here on, also the rest of an episode that is on.
    mutating func record() {
        recorder = TrajectoryRecorder(of: vector)
        beginRecording()
    }

    /// What is open is kept as cut short, and recording goes on with what comes.
    mutating func cutRecording() { beginRecording() }

    /// What is open is kept as cut short, and nothing more is recorded.
    mutating func stopRecording() {
        recorded += recorder?.takeOpen().map(\.trajectory.truncatedWhereOpen) ?? []
        recorder = nil
    }

    private mutating func beginRecording(mask: [Bool]? = nil, seeds: [UInt64?]? = nil) {
        recorded += recorder?.begin(vector, mask: mask, seeds: seeds).map(\.trajectory.truncatedWhereOpen) ?? []
    }

    /// Hands over what has been recorded.
    mutating func takeRecorded() -> [Trajectory] {
        defer { recorded = [] }
        return recorded
    }

    /// Takes back what could not be stored.
    mutating func putBack(_ trajectories: [Trajectory]) { recorded = trajectories + recorded }
}
