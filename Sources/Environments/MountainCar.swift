import Glibc
import Gym

/// A car in a valley, too weak to climb the hill at once: it must swing. Push left (0), not at all (1), right (2).
///
/// A. W. Moore, "Efficient Memory-Based Learning for Robot Control", 1990. Observation: position and velocity. Reward
/// -1 for each step until position 0.5.
struct MountainCar: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "MountainCar-v0", summary: "Swing a weak car out of a valley by pushing it left or right.",
            maxEpisodeSteps: 200, rewardThreshold: -110,
            parameters: [Hill.goalVelocity]
        ) { keywords throws(EnvironmentError) in
            MountainCar(goalVelocity: try keywords.double("goal_velocity"))
        }
    ]

    private static let goal = 0.5

    typealias Observation = Float
    typealias Action = Int64

    let goalVelocity: Double
    private var position = -0.5
    private var velocity = 0.0

    init(goalVelocity: Double) { self.goalVelocity = goalVelocity }

    var hasInfo: Bool { false }
    var actionSpace: Space { .discrete(Discrete(3)) }

    var observationSpace: Space { Hill.observationSpace }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        let (low, high) = try ResetOptions.bounds(options, low: -0.6, high: -0.4)
        position = random.uniform(low, high)
        velocity = 0
        observe(&observation)
    }

    @inline(__always) mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        Self.move(&position, &velocity, push: Int(action[0]))
        observe(&observation)
        return Step(reward: -1, terminated: Self.isGoal(position, velocity, goalVelocity: goalVelocity))
    }

    /// What a push, as an action, does to a car.
    @inline(__always) static func move(_ position: inout Double, _ velocity: inout Double, push: Int) {
        velocity += Double(push &- 1) * 0.001 + cos(3 * position) * -0.0025
        velocity = min(max(velocity, -Hill.maxSpeed), Hill.maxSpeed)
        position += velocity
        position = min(max(position, Hill.positions.lowerBound), Hill.positions.upperBound)
        // Two choices of a number, not a branch: half of all cars go backwards, and no processor guesses which.
        let stopped = velocity < 0 ? 0 : velocity
        velocity = position == Hill.positions.lowerBound ? stopped : velocity
    }

    static func isGoal(_ position: Double, _ velocity: Double, goalVelocity: Double) -> Bool {
        position >= goal && velocity >= goalVelocity
    }

    @inline(__always) private func observe(_ observation: inout MutableSpan<Float>) {
        observation[0] = Float(position)
        observation[1] = Float(velocity)
    }

    func save(to writer: inout StateWriter) {
        writer.write(position)
        writer.write(velocity)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        position = try reader.readFinite()
        velocity = try reader.readFinite()
    }
}

extension MountainCar: HillDrawn {
    var hill: Hill { Hill(car: position, goal: Self.goal) }
}
