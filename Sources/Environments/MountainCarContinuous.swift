import Glibc
import Gym

/// The mountain car with an engine that pushes as hard as it is told, from -1 to 1.
///
/// Observation: position and velocity. Reward 100 at position 0.45, less a tenth of each action's square.
struct MountainCarContinuous: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "MountainCarContinuous-v0", summary: "Swing a weak car out of a valley with as little force as can be.",
            maxEpisodeSteps: 999, rewardThreshold: 90,
            parameters: [Hill.goalVelocity]
        ) { keywords throws(EnvironmentError) in
            MountainCarContinuous(goalVelocity: try keywords.double("goal_velocity"))
        }
    ]

    private static let goal = 0.45

    typealias Observation = Float
    typealias Action = Float

    let goalVelocity: Double
    /// float64 after a reset, float32 values from the first step on, as Gymnasium's.
    private var position = -0.5
    private var velocity = 0.0
    private var hasStepped = false

    init(goalVelocity: Double) { self.goalVelocity = goalVelocity }

    var hasInfo: Bool { false }
    var actionSpace: Space { .box(Box(low: -1, high: 1, shape: [1])) }

    var observationSpace: Space { Hill.observationSpace }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        let (low, high) = try ResetOptions.bounds(options, low: -0.6, high: -0.4)
        position = random.uniform(low, high)
        velocity = 0
        hasStepped = false
        observe(&observation)
    }

    @inline(__always) mutating func step(
        _ action: Span<Float>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        let force = min(max(action[0], -1), 1)
        let terminated = hasStepped ? advance(Float.self, force) : advance(Double.self, force)
        hasStepped = true
        observe(&observation)
        let cost = Double(action[0]) * Double(action[0]) * 0.1
        return Step(reward: (terminated ? 100 : 0) - cost, terminated: terminated)
    }

    /// Moves the car in the precision that numpy computes in: constants are rounded to it, the cosine is float64's.
    @inline(__always) private mutating func advance<Real: BinaryFloatingPoint>(
        _ type: Real.Type, _ force: Float
    ) -> Bool {
        let maxSpeed = Real(Hill.maxSpeed)
        let lowest = Real(Hill.positions.lowerBound)
        var (position, velocity) = (Real(position), Real(velocity))
        velocity += Real(force * 0.0015 - Float(0.0025 * cos(Double(3 * position))))
        velocity = min(max(velocity, -maxSpeed), maxSpeed)
        position += velocity
        position = min(max(position, lowest), Real(Hill.positions.upperBound))
        if position == lowest && velocity < 0 { velocity = 0 }
        self.position = Double(Float(position))
        self.velocity = Double(Float(velocity))
        return position >= Real(Self.goal) && velocity >= Real(goalVelocity)
    }

    @inline(__always) private func observe(_ observation: inout MutableSpan<Float>) {
        observation[0] = Float(position)
        observation[1] = Float(velocity)
    }

    func save(to writer: inout StateWriter) {
        writer.write(position)
        writer.write(velocity)
        writer.write(hasStepped)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        position = try reader.readFinite()
        velocity = try reader.readFinite()
        hasStepped = try reader.readBool()
    }
}

extension MountainCarContinuous: HillDrawn {
    var hill: Hill { Hill(car: position, goal: Self.goal) }
}
