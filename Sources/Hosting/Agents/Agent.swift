import Gym
import Learning
import Store
import Synchronization

/// An agent while the daemon runs: what it is, what it answers from, what trains it.
public final class Agent: Sendable {
    /// The policy that `act` answers from.
    public struct Served: Sendable {
        public let version: Int
        public let policy: Policy

        /// The policy as a file that says what it belongs to.
        public func file(of agent: Agent) -> Safetensors {
            Safetensors(
                policy.checkpoint,
                metadata: [
                    "agent": agent.id.description, "version": String(version),
                    "configuration": agent.configuration.value.json,
                ])
        }
    }

    /// How far it is.
    public struct Progress: Sendable {
        /// Transitions that it has learned from or observed.
        public var steps = 0
        public var episodes = 0
        public var updates = 0
        /// Updates that observed transitions still pay for.
        public var pendingUpdates = 0
        /// The latest evaluation, an object.
        public var evaluation: Value?

        init() {}

        /// Reads what ``value`` wrote.
        init(_ value: Value) {
            steps = Int(value["steps"]?.asInt64 ?? 0)
            episodes = Int(value["episodes"]?.asInt64 ?? 0)
            updates = Int(value["updates"]?.asInt64 ?? 0)
            evaluation = value["evaluation"]
        }

        /// As it is kept; pending updates are the learner's.
        var value: Value {
            let counts: [Value.Member] = [
                .init("steps", .int(Int64(steps))), .init("episodes", .int(Int64(episodes))),
                .init("updates", .int(Int64(updates))),
            ]
            return .object(counts + (evaluation.map { [.init("evaluation", $0)] } ?? []))
        }
    }

    public let id: Identifier
    public let configuration: AgentConfiguration
    /// Seconds since 1970.
    public let createdAt: Double
    public let observationLayout: Layout
    public let actionLayout: Layout
    private let current: Mutex<Served>
    private let progressed: Mutex<Progress>
    private let random: Mutex<RandomGenerator>
    /// The job that trains it.
    private let holder = Mutex<Identifier?>(nil)

    /// - Precondition: the configuration's spaces have layouts; a policy for them exists.
    init(
        id: Identifier, configuration: AgentConfiguration, createdAt: Double, served: Served, progress: Progress
    ) {
        guard let observation = configuration.observationSpace.layout, let action = configuration.actionSpace.layout
        else {
            preconditionFailure("an agent's spaces have layouts")
        }
        self.id = id
        self.configuration = configuration
        self.createdAt = createdAt
        observationLayout = observation
        actionLayout = action
        current = Mutex(served)
        progressed = Mutex(progress)
        random = Mutex(RandomGenerator())
    }

    public var served: Served { current.withLock { $0 } }
    public var progress: Progress { progressed.withLock { $0 } }
    public var job: Identifier? { holder.withLock { $0 } }

    func serve(_ served: Served) { current.withLock { $0 = served } }
    func update(_ change: (inout Progress) -> Void) { progressed.withLock { change(&$0) } }

    /// Takes the agent for a job.
    /// - Returns: false where another job has it.
    func take(for job: Identifier) -> Bool {
        holder.withLock { holder in
            guard holder == nil else { return false }
            holder = job
            return true
        }
    }

    func release(from job: Identifier) {
        holder.withLock { holder in if holder == job { holder = nil } }
    }

    /// A generator for one stochastic answer: drawn from the agent's own, so that no two threads share one.
    public func spawnRandom() -> RandomGenerator {
        RandomGenerator(seed: random.withLock { UInt64($0.integers(0, .max)) })
    }
}
