import Gym
import Synchronization

/// What takes a session's episodes into a set of demonstrations.
final class Recording: Sendable {
    /// Steps of episodes that are not over, of all sessions: past these each is cut where it stands, so that recording
    /// worlds without an end cannot take all memory.
    private static let openLimit = 4_000_000

    let set: DemonstrationSet
    private let session: Identifier
    private let demonstrations: Demonstrations
    /// What could not be stored when its turn came.
    private let waiting = Mutex<[Trajectory]>([])
    private let open = Atomic(0)

    init(
        of session: Identifier, into set: DemonstrationSet, _ demonstrations: Demonstrations
    ) throws(HostingError) {
        try set.beginRecording(session)
        demonstrations.beginRecording()
        self.set = set
        self.session = session
        self.demonstrations = demonstrations
    }

    deinit {
        set.endRecording(session)
        demonstrations.endRecording()
        demonstrations.openSteps.subtract(open.load(ordering: .relaxed), ordering: .relaxed)
    }

    /// Notes how many steps the session holds in memory.
    /// - Returns: whether all sessions together hold too many.
    func isTooMuch(open steps: Int) -> Bool {
        let growth = steps - open.exchange(steps, ordering: .relaxed)
        return demonstrations.openSteps.add(growth, ordering: .relaxed).newValue > Self.openLimit
    }

    /// Stores what waits and then `episodes`; where that fails they wait for the next call.
    func store(_ episodes: [Trajectory] = []) throws(HostingError) {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting + episodes
        }
        do { try demonstrations.append(all, to: set) } catch {
            waiting.withLock { $0 = all + $0 }
            throw error
        }
    }
}

extension Session {
    /// The name of the set that its episodes go into.
    public var record: String? { recording.withLock { $0?.set.name } }

    public var isRecorded: Bool { isRecording.load(ordering: .acquiring) }

    /// Lends the world to what moves it. Where the session is recorded, the episodes that end are stored before this
    /// returns, and where it is durable, whatever happened: then only a worker may call it.
    /// - Parameter holding: for long, see ``hold(_:)``; a world that another process hosts always is.
    @specialized(where R == [UInt8])
    public func drive<R>(
        now: ContinuousClock.Instant = .now, holding: Bool = false,
        _ body: (inout sending World) throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        if let log { return try driveDurably(log, holding: holding, body) }
        let holding = holding || spec.isHosted
        guard isRecorded, let recording = recording.withLock({ $0 }) else {
            return holding ? try hold(body) : try use(now: now, body)
        }
        // Nothing new happens before what happened is stored.
        try recording.store()
        var recorded: [Trajectory] = []
        func lend(_ world: inout sending World) throws(HostingError) -> sending R {
            defer {
                if recording.isTooMuch(open: world.openSteps) { world.cutRecording() }
                recorded = world.takeRecorded()
            }
            return try body(&world)
        }
        let result: R
        do { result = holding ? try hold(lend) : try use(lend) } catch {
            try recording.store(recorded)
            throw error
        }
        try recording.store(recorded)
        return result
    }

    /// Records into `set` from here on, also the rest of an episode that is on.
    func startRecording(into set: DemonstrationSet, _ demonstrations: Demonstrations) throws(HostingError) {
        try stopRecording()
        let started = try Recording(of: id, into: set, demonstrations)
        try use { world throws(HostingError) in world.record() }
        recording.withLock { $0 = started }
        isRecording.store(true, ordering: .releasing)
    }

    /// Stores what is open as cut short, and records no more; nothing happens where it is not recorded.
    /// - Throws: ``HostingError/sessionBusy(_:)``, and it is recorded further; or what could not be stored, which is lost.
    public func stopRecording() throws(HostingError) {
        guard let stopped = recording.withLock({ $0 }) else { return }
        let recorded = try use { world throws(HostingError) in
            world.stopRecording()
            return world.takeRecorded()
        }
        isRecording.store(false, ordering: .releasing)
        recording.withLock { $0 = nil }
        try stopped.store(recorded)
    }
}
