import Glibc
import Gym
import Synchronization

/// One client's environments between `create` and `close`.
public final class Session: Sendable {
    /// How a session is asked for.
    public struct Request: Sendable {
        public var tenant: Tenant
        public var environment: String
        public var kwargs: Value?
        public var options: VectorOptions
        /// Innermost first.
        public var wrappers: [WrapperSpec]
        public var seed: UInt64?
        /// How long it lives without being used.
        public var timeToLive: Duration
        /// Whether it outlives the process.
        public var isDurable: Bool

        public init(
            tenant: Tenant = .standard, environment: String, kwargs: Value? = nil,
            options: VectorOptions = VectorOptions(),
            wrappers: [WrapperSpec] = [], seed: UInt64? = nil, timeToLive: Duration = .seconds(3600),
            isDurable: Bool = false
        ) {
            self.tenant = tenant
            self.environment = environment
            self.kwargs = kwargs
            self.options = options
            self.wrappers = wrappers
            self.seed = seed
            self.timeToLive = timeToLive
            self.isDurable = isDurable
        }
    }

    public let id: Identifier
    public let request: Request
    public let spec: EnvironmentSpec
    private let spaces: Spaces
    public let hasActionMask: Bool
    public let renderModes: [RenderMode]
    public let transitionTable: TransitionTable?
    public let createdAt: ContinuousClock.Instant
    /// What it has on disk; nil where it ends with the process.
    let log: SessionLog?
    private let readActions = Mutex(ReadActions())
    private let lastUse: Mutex<ContinuousClock.Instant>
    private let isHeld = Atomic(false)
    let isRecording = Atomic(false)
    let recording = Mutex<Recording?>(nil)
    private let world: Mutex<World>

    /// - Parameter createdAt: by default now.
    init(
        id: Identifier, request: Request, spec: EnvironmentSpec, log: SessionLog? = nil,
        now: ContinuousClock.Instant, createdAt: ContinuousClock.Instant? = nil
    ) throws(EnvironmentError) {
        let vector = try Self.makeVector(request, spec)
        self.id = id
        self.request = request
        self.spec = spec
        spaces = spec.spaces(of: vector)
        hasActionMask = vector.hasActionMask
        renderModes = vector.renderModes
        transitionTable = vector.transitionTable
        self.createdAt = createdAt ?? now
        self.log = log
        lastUse = Mutex(now)
        world = Mutex(World(vector, seed: request.seed))
    }

    private static func makeVector(
        _ request: Request, _ spec: EnvironmentSpec
    ) throws(EnvironmentError) -> any VectorEnvironment {
        var vector = try spec.make(kwargs: request.kwargs, options: request.options)
        for (index, wrapper) in request.wrappers.enumerated() {
            do { vector = try wrapper.wrap(vector) } catch {
                guard case .invalidArgument(let name, let reason) = error else { throw error }
                throw .invalidArgument(name: "wrappers/\(index)/\(name)", reason: reason)
            }
        }
        let most = maximumMaskEntries / max(vector.maskWidth, 1)
        guard request.options.count <= most else {
            throw .invalidArgument(
                name: "num_envs",
                reason: "expected at most \(most), as each has a mask of \(vector.maskWidth) actions")
        }
        return vector
    }

    /// Of all environments together: every step's infos say them.
    private static let maximumMaskEntries = 1 << 22

    public var count: Int { request.options.count }
    public var observationSpace: Space { spaces.observation }
    public var observationLayout: Layout { spaces.observationLayout }
    public var actionSpace: Space { spaces.action }
    public var actionLayout: Layout { spaces.actionLayout }

    /// The actions that a text of a step said lately; nil where it must be read.
    public func actions(readFrom text: Span<UInt8>) -> Lanes? { readActions.withLock { $0[text] } }

    /// Remembers the actions that a whole text of a step says.
    public func keep(_ actions: Lanes, readFrom text: Span<UInt8>) {
        readActions.withLock { $0.keep(actions, for: text) }
    }

    public var lastUsedAt: ContinuousClock.Instant { lastUse.withLock { $0 } }

    /// When the lease runs out, unless the session is used before.
    public var expiry: ContinuousClock.Instant { lastUsedAt + request.timeToLive }

    /// Lends the world. Another caller's step is waited for, since it takes microseconds; a rollout is not.
    /// - Throws: ``HostingError/sessionBusy(_:)`` while a rollout holds it, or what `body` throws.
    @specialized(where R == [UInt8])
    public func use<R>(
        now: ContinuousClock.Instant = .now, _ body: (inout sending World) throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        lastUse.withLock { $0 = now }
        while true {
            if let result = try world.withLockIfAvailable(body) { return result }
            if isHeld.load(ordering: .acquiring) { throw .sessionBusy(id.description) }
            sched_yield()
        }
    }

    /// Whether somebody holds the world for long.
    var isHeldForLong: Bool { isHeld.load(ordering: .acquiring) }

    /// Lends the world for a look at it that its environments take part in.
    public func look<R>(
        _ body: (inout sending World) throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        spec.isHosted ? try hold(body) : try use(body)
    }

    /// Lends the world for long: everybody else is told that the session is busy, rather than made to wait.
    @specialized(where R == [UInt8])
    public func hold<R>(
        _ body: (inout sending World) throws(HostingError) -> sending R
    ) throws(HostingError) -> sending R {
        guard !isHeld.exchange(true, ordering: .acquiringAndReleasing) else { throw .sessionBusy(id.description) }
        defer {
            lastUse.withLock { $0 = .now }
            isHeld.store(false, ordering: .releasing)
        }
        return try world.withLock(body)
    }

    /// What a look at the session tells; looking does not prolong its lease.
    public struct State: Sendable {
        public let step: Int
        public let totalSteps: Int
        public let totalEpisodes: Int
        public let lastSeed: UInt64?
        public let needsReset: Bool
    }

    public func state() throws(HostingError) -> State {
        try use(now: lastUsedAt) { world throws(HostingError) in
            State(
                step: world.step, totalSteps: world.totalSteps, totalEpisodes: world.totalEpisodes,
                lastSeed: world.lastSeed, needsReset: world.vector.needsReset.contains(true))
        }
    }

    /// Whether the lease has run out by `now`; a session that a rollout holds is in use.
    func isExpired(now: ContinuousClock.Instant) -> Bool {
        !isHeld.load(ordering: .acquiring) && expiry < now
    }
}
